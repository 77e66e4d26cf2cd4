import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, formatDuration, ListView, Num, StateBadge, Time, useListState, type Column } from '@/kit';
import type { SegmentDetail, SegmentRun } from './model';

const sources: Readonly<Record<SegmentRun['source'], string>> = { hand: 'by hand', api: 'by the API', import: 'by an import', schedule: 'on schedule', system: 'by the system' };

const columns: Column<SegmentRun>[] = [
  { key: 'at', header: 'Run', cell: (r) => <Time value={r.started_at ?? r.queued_at} mode="absolute" /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <StateBadge state={r.state} size="sm" /> },
  { key: 'took', header: 'Took', align: 'right', priority: 3, cell: (r) => formatDuration(r.took_ms) },
  { key: 'size', header: 'Size', align: 'right', priority: 2, cell: (r) => <Num value={r.size} /> },
  { key: 'entered', header: 'Entered', align: 'right', priority: 2, cell: (r) => <Num value={r.entered} /> },
  { key: 'left', header: 'Left', align: 'right', priority: 2, cell: (r) => <Num value={r.left} /> },
  { key: 'source', header: 'Started', priority: 3, cell: (r) => `${sources[r.source]}${r.actor ? `, ${r.actor}` : ''}` },
  { key: 'error', header: 'Why it stopped', priority: 3, cell: (r) => r.error && <Text c="error">{r.error}</Text> },
];

/** Every refilling: when, how long, how many came and went. A failed one keeps the old list. */
export function RunsTab({ segment }: { segment: SegmentDetail }) {
  const state = useListState();
  const live = segment.last_run?.state === 'running' || segment.last_run?.state === 'queued';
  const query = useList<SegmentRun>(['segments', segment.id, 'history'], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/segments/{segment_id}/history', { params: { path: { segment_id: segment.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })), { refetchInterval: live ? 2000 : false });
  return (
    <ListView<SegmentRun> name="segment.runs" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null}
      empty={<AllDone>This segment was not filled yet.</AllDone>} />
  );
}
