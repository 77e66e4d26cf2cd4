import { IconUserStar } from '@tabler/icons-react';
import { useDatabase } from '@/api/database';
import { useCan } from '@/api/session';
import { AppLink, FirstUse, Loaded, NeedDatabase, NeedRight, Page, paths, StateBadge, useSearchParam } from '@/kit';
import { usePrograms } from '../programs/model';
import { ProgramChoice } from '../programs/ProgramChoice';
import { Members } from './Members';

/** The members of the active program of the database at hand, or of another of its programs. */
export function MemberListPage() {
  const database = useDatabase();
  const can = useCan('profiles:read');
  const query = usePrograms(database?.id);
  const [chosen, choose] = useSearchParam('program');
  if (!can) return <NeedRight title="Members" what="see people" right="profiles:read" />;
  if (!database) return <NeedDatabase title="Members" why="Members of a loyalty program are profiles of a database." />;
  const programs = query.data ?? [];
  const program = programs.find((p) => String(p.id) === chosen) ?? programs[0];
  return (
    <Page title="Members" badges={program && program.state !== 'active' && <StateBadge state={program.state} />} facts={program ? [<AppLink key="p" href={paths.program(program.id)}>{program.name}</AppLink>] : []}
      help={{ text: 'Who is in the loyalty program, with points and level. Leaving a segment or resting takes nobody out; only you do, and then points and level are kept.', guide: 'loyalty' }}>
      <Loaded query={query} what="the programs">
        {() => (
          <>
            <ProgramChoice programs={programs} program={program} choose={choose} />
            {program ? <Members key={program.id} program={program} /> : <FirstUse icon={IconUserStar} title="There is no loyalty program yet" text="Members are in a program: make one first." primary={{ label: 'New program', href: paths.programNew() }} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
