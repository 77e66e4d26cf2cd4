import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, formatDuration, ListView, Num, StateBadge, Time, useListState, type Column } from '@/kit';
import { sourceWords } from '../model';
import type { ProductSegmentChange, ProductSegmentDetail, ProductSegmentRun } from './model';

const who = (source: string, actor: string): string => (source === 'hand' ? `by ${actor}` : sourceWords(source));

const runs: Column<ProductSegmentRun>[] = [
  { key: 'at', header: 'Run', cell: (r) => <Time value={r.started_at ?? r.queued_at} mode="absolute" /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <StateBadge state={r.state} size="sm" /> },
  { key: 'size', header: 'Size', align: 'right', priority: 2, cell: (r) => <Num value={r.size} /> },
  { key: 'entered', header: 'Came in', align: 'right', priority: 2, cell: (r) => <Num value={r.entered} /> },
  { key: 'left', header: 'Left', align: 'right', priority: 2, cell: (r) => <Num value={r.left} /> },
  { key: 'took', header: 'Took', align: 'right', priority: 3, cell: (r) => formatDuration(r.took_ms) },
  { key: 'source', header: 'Started', priority: 3, cell: (r) => who(r.source, r.actor) },
  { key: 'error', header: 'Why it stopped', priority: 3, cell: (r) => r.error && <Text c="error">{r.error}; the list before was kept</Text> },
];
const actions: Readonly<Record<ProductSegmentChange['action'], string>> = { add: 'Added', remove: 'Taken out', clear: 'Emptied' };
const changes: Column<ProductSegmentChange>[] = [
  { key: 'at', header: 'When', cell: (c) => <Time value={c.at} mode="absolute" /> },
  { key: 'action', header: 'What', priority: 1, cell: (c) => actions[c.action] },
  { key: 'entered', header: 'Came in', align: 'right', priority: 2, cell: (c) => <Num value={c.entered} /> },
  { key: 'left', header: 'Left', align: 'right', priority: 2, cell: (c) => <Num value={c.left} /> },
  { key: 'size', header: 'Size after', align: 'right', priority: 2, cell: (c) => <Num value={c.size} /> },
  { key: 'who', header: 'Who', priority: 3, cell: (c) => who(c.source, c.actor) },
];

/** Every filling by the rules; a failed one keeps the old list. */
export function RunsTab({ segment }: { segment: ProductSegmentDetail }) {
  const state = useListState();
  const query = useList<ProductSegmentRun>(['product-segments', 'runs', segment.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/product-segments/{segment_id}/runs', { params: { path: { segment_id: segment.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })), { refetchInterval: segment.open_run ? 2000 : false });
  return <ListView<ProductSegmentRun> name="product-segment.runs" query={query} state={state} columns={runs} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null} empty={<AllDone>Not filled yet. Each filling stands here with what came and went.</AllDone>} />;
}

/** Who changed a list kept by hand. */
export function LogTab({ segment }: { segment: ProductSegmentDetail }) {
  const state = useListState();
  const query = useList<ProductSegmentChange>(['product-segments', 'log', segment.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/product-segments/{segment_id}/log', { params: { path: { segment_id: segment.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return <ListView<ProductSegmentChange> name="product-segment.log" query={query} state={state} columns={changes} rowKey={(c) => c.id} rowLabel={(c) => actions[c.action]} noun={{ one: 'change', many: 'changes' }} searchLabel={null} empty={<AllDone>Never changed. Every change of the list stands here, with who made it.</AllDone>} />;
}
