import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, formatDuration, ListView, Num, StateBadge, Time, useListState, type Column } from '@/kit';
import { sourceWords } from '../model';
import type { Score, ScoreRun } from './model';

const columnsOf = (zone: string): Column<ScoreRun>[] => [
  { key: 'at', header: 'Run', cell: (r) => <Time value={r.finished_at ?? r.queued_at} mode="absolute" zone={zone} /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <StateBadge state={r.state} size="sm" /> },
  { key: 'people', header: 'With a score', align: 'right', priority: 2, cell: (r) => <Num value={r.people} /> },
  { key: 'without', header: 'Without', align: 'right', priority: 3, cell: (r) => <Num value={r.without} /> },
  { key: 'changed', header: 'Changed', align: 'right', priority: 2, cell: (r) => <Num value={r.changed} /> },
  { key: 'took', header: 'Took', align: 'right', priority: 3, cell: (r) => formatDuration(r.took_ms) },
  { key: 'source', header: 'Started', priority: 3, cell: (r) => `${sourceWords(r.source)}, ${r.actor}` },
  { key: 'error', header: 'Why it stopped', priority: 3, cell: (r) => r.error && <Text c="error">{r.error}</Text> },
];

/** Every computation: how many have a score, and for how many it changed. */
export function ScoreRuns({ score, zone }: { score: Score; zone: string }) {
  const state = useListState();
  const query = useList<ScoreRun>(['scores', score.database_id, score.id, 'runs', score.last_run?.id, score.open_run?.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/scores/{score_id}/runs', { params: { path: { database_id: score.database_id, score_id: score.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <ListView<ScoreRun> name="score.runs" query={query} state={state} columns={columnsOf(zone)} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null}
      empty={<AllDone>The score was not computed yet.</AllDone>} />
  );
}
