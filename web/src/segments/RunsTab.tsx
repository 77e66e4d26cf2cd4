import { Button, Group, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AllDone, failToast, formatDuration, ListView, Num, StateBadge, Time, useListState, type Column } from '@/kit';
import { PeopleCount } from '@/profiles/figures';
import { sourceWords, type SegmentDetail, type SegmentRun } from './model';

const open = (run: SegmentRun): boolean => run.state === 'running' || run.state === 'queued';

/** Who came and went by a run is kept for 90 days. */
const KEPT = 90 * 86_400_000;
const people = (segment: SegmentDetail, r: SegmentRun, which: 'entered' | 'left') => (
  <PeopleCount databaseId={segment.database_id} figure={`segment:${segment.id}:run:${r.id}:${which}`} value={r[which]} label={which} unknown={r.finished_at === null || Date.now() - new Date(r.finished_at).getTime() > KEPT} />
);

const columnsOf = (segment: SegmentDetail): Column<SegmentRun>[] => [
  { key: 'at', header: 'Run', cell: (r) => <Time value={r.started_at ?? r.queued_at} mode="absolute" /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <Group gap={6} wrap="nowrap"><StateBadge state={r.state} size="sm" />{r.skipped && <Text c="dimmed" size="xs">nothing had changed</Text>}{r.attempts > 1 && <Text c="dimmed" size="xs">at attempt {r.attempts}</Text>}</Group> },
  { key: 'took', header: 'Took', align: 'right', priority: 3, cell: (r) => formatDuration(r.took_ms) },
  { key: 'size', header: 'Size', align: 'right', priority: 2, cell: (r) => <Num value={r.size} /> },
  { key: 'entered', header: 'Entered', align: 'right', priority: 2, cell: (r) => people(segment, r, 'entered') },
  { key: 'left', header: 'Left', align: 'right', priority: 2, cell: (r) => people(segment, r, 'left') },
  { key: 'source', header: 'Started', priority: 3, cell: (r) => `${sourceWords(r.source)}${r.actor ? `, ${r.actor}` : ''}` },
  { key: 'error', header: 'Why it stopped', priority: 3, cell: (r) => r.error && <Text c="error">{r.error}; the list before was kept</Text> },
];

/** Every refilling: when, how long, how many came and went. A failed one keeps the old list. */
export function RunsTab({ segment }: { segment: SegmentDetail }) {
  const state = useListState();
  const can = useCan('segments:run');
  const live = segment.last_run !== null && open(segment.last_run);
  const cancel = useAction({ refresh: [['segments']], run: (id: number, { headers }) => ok(api.POST('/api/v1/segments/{segment_id}/recalculate/cancel', { params: { path: { segment_id: id } }, headers })) });
  const query = useList<SegmentRun>(['segments', segment.id, 'history'], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/segments/{segment_id}/history', { params: { path: { segment_id: segment.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })), { refetchInterval: live ? 2000 : false });
  return (
    <ListView<SegmentRun> name="segment.runs" query={query} state={state} columns={columnsOf(segment)} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null}
      extra={live && can ? <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => { cancel.mutate(segment.id, { onError: failToast }); }}>Stop this run</Button> : undefined}
      empty={<AllDone>This segment was not filled yet.</AllDone>} />
  );
}
