import { Alert, List, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmTyped, doneToast, failToast, formatCount, JobProgress, Loaded, named, Page, paths, Section, Time, ToneBadge, useGo, useIdParam, type PageAction } from '@/kit';
import { useDatabaseOf } from '@/profiles/model';
import { useScore, type Score } from './model';
import { ScoreForm } from './ScoreForm';
import { ScoreGroups } from './ScoreGroups';
import { help } from './ScoreListPage';
import { ScoreRuns } from './ScoreRuns';

function useActions(score: Score | undefined): { primary?: PageAction; menu: PageAction[] } {
  const can = useCan('databases:update');
  const go = useGo();
  const path = { database_id: score?.database_id ?? 0, score_id: score?.id ?? 0 };
  const refresh = [['scores'], ['databases'], ['vocabulary']];
  const compute = useAction({ refresh: [['scores']], run: (_: null, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/scores/{score_id}/compute', { params: { path }, headers })) });
  const drop = useAction({ refresh, run: (name: string) => ok(api.DELETE('/api/v1/databases/{database_id}/scores/{score_id}', { params: { path, query: { confirm: name } } })) });
  if (!can || !score) return { menu: [] };
  const remove = async () => {
    const fields = score.fields.map((f) => f.name).join(', ');
    const yes = await confirmTyped({ title: `Delete the score ${score.name}?`, body: `Its fields ${fields} are deleted with ${score.last_done ? `the values of ${formatCount(score.last_done.people ?? 0, 'person', 'people')}` : 'everybody’s values'}, and its history is lost.`, action: 'Delete score', keep: 'Keep it', name: score.name });
    if (yes) drop.mutate(score.name, { onSuccess: () => { doneToast(`${score.name} deleted`); go(paths.scores(score.database_id)); }, onError: failToast });
  };
  return {
    primary: { label: 'Compute now', disabled: score.open_run !== null, onClick: () => { compute.mutate(null, { onError: failToast }); } },
    menu: [{ label: 'Delete…', danger: true, onClick: () => void remove() }],
  };
}

function Standing({ score }: { score: Score }) {
  const failed = score.last_run?.state === 'failed' ? score.last_run : null;
  return (
    <>
      {score.open_run?.job_id && <Section title="The score is being computed" text="Values change in portions; segments read what is there."><JobProgress id={score.open_run.job_id} /></Section>}
      {failed && !score.open_run && <Alert color="clay" title="The last run failed">{failed.error} <Time value={failed.finished_at} /></Alert>}
      {score.last_run?.state === 'cancelled' && !score.open_run && <Alert color="marigold" title="The last run was cancelled">People it had not come to keep their values of before.</Alert>}
    </>
  );
}

function UsedBy({ score }: { score: Score }) {
  return (
    <Section title={score.used_by.length === 0 ? 'Not used yet' : `Used by ${score.used_by.length}`}>
      {score.used_by.length === 0 ? <Text c="dimmed">Segments and other scores that read its fields will stand here.</Text> : <List size="sm">{score.used_by.map((name) => <List.Item key={name}>{name}</List.Item>)}</List>}
    </Section>
  );
}

/** One score: its groups and their bounds, its runs, what it is made of. */
export function ScorePage() {
  const databaseId = useIdParam('databaseId'), id = useIdParam('scoreId');
  const database = useDatabaseOf(databaseId).data;
  const query = useScore(databaseId, id);
  const score = query.data;
  const can = useCan('databases:update');
  const zone = database?.timezone ?? 'UTC';
  const actions = useActions(score);
  return (
    <Page title={named(query, (found) => found.name, 'Score')} crumbs={[{ label: database?.name ?? 'Database', href: paths.database(databaseId) }, { label: 'Scores', href: paths.scores(databaseId) }]} help={help} {...actions}
      badges={score && <ToneBadge tone={score.kind === 'rfm' ? 'fjord' : 'iris'}>{score.kind === 'rfm' ? 'RFM' : 'Quantile'}</ToneBadge>}
      facts={score ? [score.last_done ? formatCount(score.last_done.people ?? 0, 'person', 'people') : 'not computed yet', score.last_done && <>as of <Time key="a" value={score.last_done.as_of} /></>, score.next_run_at ? <>next run <Time key="n" value={score.next_run_at} /></> : 'only when asked'] : []}
      tabs={score && database ? [
        { value: 'groups', label: 'Groups', render: () => <><Standing score={score} /><ScoreGroups score={score} zone={zone} /></> },
        { value: 'runs', label: 'Runs', render: () => <ScoreRuns score={score} zone={zone} /> },
        ...(can ? [{ value: 'settings', label: 'Settings', render: () => <><Standing score={score} /><div style={{ maxWidth: 720 }}><ScoreForm key={score.version} database={database} score={score} onSaved={() => { doneToast('Score saved'); }} /></div></> }] : []),
        { value: 'used', label: 'Used by', count: score.used_by.length, render: () => <UsedBy score={score} /> },
      ] : []}>
      {score ? <Text c="dimmed">{score.sentence}</Text> : <Loaded query={query} what="the score">{() => null}</Loaded>}
    </Page>
  );
}
