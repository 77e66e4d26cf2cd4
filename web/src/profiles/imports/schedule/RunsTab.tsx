import { Group, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, AppLink, ListView, Num, paths, StateBadge, Time, useListState, type Column } from '@/kit';
import { startWords, type Scheduled, type ScheduledRun } from './model';

function Import({ run, databaseId }: { run: ScheduledRun; databaseId: number }) {
  if (run.import_id === null) return run.note ? <Text span size="sm" c="dimmed">{run.note}</Text> : null;
  return <span data-above><AppLink href={paths.import(databaseId, run.import_id)}>{run.dry_run ? 'What would happen' : (run.counts?.rejected ?? 0) > 0 ? 'Rows and what was rejected' : 'Rows'}</AppLink></span>;
}

const columnsOf = (databaseId: number, zone: string): Column<ScheduledRun>[] => [
  { key: 'at', header: 'Run', cell: (r) => <Time value={r.started_at ?? r.queued_at} mode="absolute" zone={zone} /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <Group gap={6} wrap="nowrap"><StateBadge state={r.state === 'skipped' ? 'inactive' : r.state} size="sm" label={r.state === 'skipped' ? 'Nothing new' : undefined} />{r.dry_run && <Text size="xs" c="dimmed">tried only</Text>}</Group> },
  { key: 'rows', header: 'Rows', align: 'right', priority: 2, cell: (r) => <Num value={r.counts?.rows} /> },
  { key: 'created', header: 'Created', align: 'right', priority: 2, cell: (r) => <Num value={r.counts?.created} /> },
  { key: 'updated', header: 'Updated', align: 'right', priority: 3, cell: (r) => <Num value={r.counts?.updated} /> },
  { key: 'rejected', header: 'Rejected', align: 'right', priority: 2, cell: (r) => <Num value={r.counts?.rejected} /> },
  { key: 'import', header: 'Import', priority: 2, cell: (r) => <Import run={r} databaseId={databaseId} /> },
  { key: 'entered', header: 'Entered segment', align: 'right', priority: 3, cell: (r) => <Num value={r.entered} /> },
  { key: 'left', header: 'Left segment', align: 'right', priority: 3, cell: (r) => <Num value={r.left} /> },
  { key: 'source', header: 'Started', priority: 3, cell: (r) => startWords(r) },
  { key: 'error', header: 'Why it stopped', priority: 3, cell: (r) => r.error && <Text c="error" size="sm" maw={360} style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>{r.error}</Text> },
];

/** Every run: what was fetched, what became of the rows, and the import they stand in. */
export function RunsTab({ item, zone }: { item: Scheduled; zone: string }) {
  const state = useListState();
  const key = item.open_run ?? item.last_run;
  const query = useList<ScheduledRun>(['import-schedules', item.id, 'runs', key?.id, key?.state], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/import-schedules/{schedule_id}/runs', { params: { path: { schedule_id: item.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns = columnsOf(item.database_id, zone).filter((c) => item.target || (c.key !== 'entered' && c.key !== 'left'));
  return (
    <ListView<ScheduledRun> name="import-schedule.runs" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null}
      empty={<AllDone>It has not run yet. Run it now, or wait for its time.</AllDone>} />
  );
}
