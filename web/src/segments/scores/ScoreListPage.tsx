import { Text } from '@mantine/core';
import { IconMedal, IconPlus } from '@tabler/icons-react';
import { useCan } from '@/api/session';
import { AppLink, FirstUse, formatCount, Loaded, Num, Page, paths, Section, SideDrawer, SmallTable, StateBadge, Time, ToneBadge, useDrawer, useGo, useIdParam, type Column } from '@/kit';
import { useDatabaseOf } from '@/profiles/model';
import { useScores, type Score } from './model';
import { ScoreForm } from './ScoreForm';

export const help = { text: 'A score divides people into groups by how lately, how often and for how much they bought, or by any one figure. It fills fields that segments, templates and files can use. The rank tells the best: above 90 is the top 10 %.', guide: 'scores' };

const columns: Column<Score>[] = [
  { key: 'name', header: 'Score', cell: (s) => <><AppLink href={paths.score(s.database_id, s.id)}>{s.name}</AppLink><Text c="dimmed" size="xs">{s.sentence}</Text></> },
  { key: 'kind', header: 'Kind', priority: 1, cell: (s) => <ToneBadge tone={s.kind === 'rfm' ? 'fjord' : 'iris'}>{s.kind === 'rfm' ? 'RFM' : 'Quantile'}</ToneBadge> },
  { key: 'people', header: 'People', align: 'right', priority: 2, cell: (s) => <Num value={s.last_done?.people} /> },
  { key: 'last', header: 'As of', priority: 2, cell: (s) => (s.open_run ? <StateBadge state={s.open_run.state} size="sm" /> : s.last_run?.state === 'failed' ? <StateBadge state="failed" size="sm" /> : <Time value={s.last_done?.as_of} none="not computed yet" />) },
  { key: 'next', header: 'Next run', priority: 2, cell: (s) => <Time value={s.next_run_at} none="by hand" /> },
];

/** The scores of a database. */
export function ScoreListPage() {
  const id = useIdParam('databaseId');
  const database = useDatabaseOf(id).data;
  const query = useScores(id);
  const can = useCan('databases:update');
  const drawer = useDrawer('score');
  const go = useGo();
  const add = can && database ? { label: 'Make a score', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const some = (query.data?.length ?? 0) > 0;
  return (
    <Page title="Scores" crumbs={[{ label: 'Databases', href: paths.databases() }, { label: database?.name ?? 'Database', href: paths.database(id) }]} help={help}
      facts={[some && formatCount(query.data?.length ?? 0, 'score', 'scores'), database?.name]} {...(some && add ? { primary: add } : {})}>
      <Loaded query={query} what="the scores">
        {(scores) => (scores.length > 0
          ? <Section><SmallTable label="Scores" columns={columns} rows={scores} rowKey={(s) => s.id} /></Section>
          : <FirstUse icon={IconMedal} title="Nobody has a score yet" text="RFM gives everybody who bought three numbers: how lately, how often, for how much. With them “our best customers” or “good ones we are about to lose” is one rule of a segment." primary={add} />)}
      </Loaded>
      <SideDrawer name="score" title="Make a score">
        {() => (database && query.data ? <ScoreForm database={database} taken={query.data} onCancel={drawer.close} onSaved={(made) => { go(paths.score(id, made.id)); }} /> : null)}
      </SideDrawer>
    </Page>
  );
}
