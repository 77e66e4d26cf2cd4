import { IconFlask } from '@tabler/icons-react';
import { useDatabase } from '@/api/database';
import { AppLink, FirstUse, Loaded, NeedDatabase, Page, paths, StateBadge, useSearchParam } from '@/kit';
import { usePrograms } from '../programs/model';
import { ProgramChoice } from '../programs/ProgramChoice';
import { TestTab } from './TestTab';

/** The test page of the active program of the database at hand, or of another of its programs. */
export function TestPage() {
  const database = useDatabase();
  const query = usePrograms(database?.id);
  const [chosen, choose] = useSearchParam('program');
  if (!database) return <NeedDatabase title="Test" why="A loyalty program belongs to a database." />;
  const programs = query.data ?? [];
  const program = programs.find((p) => String(p.id) === chosen) ?? programs[0];
  return (
    <Page title="Test" badges={program && program.state !== 'active' && <StateBadge state={program.state} />} facts={program ? [<AppLink key="p" href={paths.program(program.id)}>{program.name}</AppLink>] : []}
      help={{ text: 'Try a basket on the promotions of a program: for somebody who exists or somebody made up, at any moment, with drafts as if they were published. Nothing moves. Saved cases tell you when a change gives a basket another price.', guide: 'promotions' }}>
      <Loaded query={query} what="the programs">
        {() => (
          <>
            <ProgramChoice programs={programs} program={program} choose={choose} />
            {program ? <TestTab key={program.id} program={program} /> : <FirstUse icon={IconFlask} title="There is no loyalty program yet" text="A basket is tried on the promotions of a program: make one first." primary={{ label: 'New program', href: paths.programNew() }} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
