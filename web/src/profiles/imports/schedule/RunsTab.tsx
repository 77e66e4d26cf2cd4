import { Group, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, AppLink, formatNumber, ListView, NO_VALUE, Num, paths, StateBadge, Time, useListState, type Column } from '@/kit';
import { PeopleCount } from '../../figures';
import { startWords, type Scheduled, type ScheduledRun } from './model';

function Import({ id, dry, databaseId }: { id: number; dry: boolean; databaseId: number }) {
  return <span data-above style={{ whiteSpace: 'nowrap' }}><AppLink href={paths.import(databaseId, id)}>{dry ? 'Check' : 'Import'} {id}</AppLink></span>;
}

const moved = (run: ScheduledRun) => (run.entered === null ? NO_VALUE : `+${formatNumber(run.entered)} −${formatNumber(run.left ?? 0)}`);

/** Whom an import was about is kept for 90 days; a trial has written nothing. */
const KEPT = 90 * 86_400_000;
const people = (databaseId: number, r: ScheduledRun, which: 'created' | 'updated') => (
  <PeopleCount databaseId={databaseId} figure={`import:${r.import_id}:${which}`} value={r.counts?.[which]} label={which} unknown={r.import_id === null || r.dry_run || r.finished_at === null || Date.now() - new Date(r.finished_at).getTime() > KEPT} />
);

const columnsOf = (databaseId: number, zone: string): Column<ScheduledRun>[] => [
  { key: 'at', header: 'Run', cell: (r) => <Time value={r.started_at ?? r.queued_at} mode="absolute" zone={zone} /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <Group gap={6} wrap="nowrap"><StateBadge state={r.state === 'skipped' ? 'inactive' : r.state} size="sm" label={r.state === 'skipped' ? 'Nothing new' : undefined} />{r.dry_run && <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>tried only</Text>}</Group> },
  { key: 'rows', header: 'Rows', align: 'right', priority: 2, cell: (r) => r.counts && <Num value={r.counts.rows} /> },
  { key: 'created', header: 'Created', align: 'right', priority: 2, cell: (r) => r.counts && people(databaseId, r, 'created') },
  { key: 'updated', header: 'Updated', align: 'right', priority: 3, cell: (r) => r.counts && people(databaseId, r, 'updated') },
  { key: 'rejected', header: 'Rejected', align: 'right', priority: 2, cell: (r) => r.counts && (r.counts.rejected && r.import_id !== null && !r.dry_run ? <AppLink href={`${paths.import(databaseId, r.import_id)}?tab=rejected`} aria-label={`${formatNumber(r.counts.rejected)} rows rejected`}><Num value={r.counts.rejected} /></AppLink> : <Num value={r.counts.rejected} />) },
  { key: 'import', header: 'Import', priority: 2, cell: (r) => (r.import_id === null ? null : <Import id={r.import_id} dry={r.dry_run} databaseId={databaseId} />) },
  { key: 'segment', header: 'Segment', align: 'right', priority: 3, cell: (r) => <span style={{ whiteSpace: 'nowrap' }}>{moved(r)}</span> },
  { key: 'source', header: 'Started', priority: 3, cell: (r) => <span title={r.actor} style={{ whiteSpace: 'nowrap' }}>{startWords(r)}</span> },
  { key: 'why', header: 'Why', priority: 2, cell: (r) => (r.error ? <Text span c="error" size="sm" style={{ overflowWrap: 'anywhere' }}>{r.error}</Text> : r.note ? <Text span size="sm" c="dimmed">{r.note}</Text> : null) },
];

/** Every run: what was fetched, what became of the rows, and the import they stand in. */
export function RunsTab({ item, zone }: { item: Scheduled; zone: string }) {
  const state = useListState();
  const key = item.open_run ?? item.last_run;
  const query = useList<ScheduledRun>(['import-schedules', item.id, 'runs', key?.id, key?.state], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/import-schedules/{schedule_id}/runs', { params: { path: { schedule_id: item.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns = columnsOf(item.database_id, zone).filter((c) => item.target || c.key !== 'segment');
  return (
    <ListView<ScheduledRun> name="import-schedule.runs" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null}
      empty={<AllDone>It has not run yet. Run it now, or wait for its time.</AllDone>} />
  );
}
