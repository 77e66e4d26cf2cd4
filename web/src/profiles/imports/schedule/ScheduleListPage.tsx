import { IconCalendarRepeat, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { FirstUse, ListPage, NO_VALUE, paths, StateBadge, Time, useIdParam, useListState, type Column } from '@/kit';
import { sourceWords, type Scheduled } from './model';

function State({ item }: { item: Scheduled }) {
  if (item.open_run) return <StateBadge state="running" size="sm" />;
  if (item.stopped) return <StateBadge state="stopped" size="sm" label="Switched off by failures" />;
  if (!item.active) return <StateBadge state="paused" size="sm" label="Switched off" />;
  if (item.failures > 0) return <StateBadge state="failed" size="sm" label={item.failures === 1 ? 'Last run failed' : `Failed ${item.failures} times`} />;
  return <StateBadge state={item.next_run_at ? 'scheduled' : 'inactive'} size="sm" label={item.next_run_at ? 'Scheduled' : 'By hand only'} />;
}

const columns: Column<Scheduled>[] = [
  { key: 'name', header: 'Name', sort: 'name', cell: (i) => i.name },
  { key: 'source', header: 'Source', cell: (i) => sourceWords(i.source), priority: 2 },
  { key: 'state', header: 'State', cell: (i) => <State item={i} />, priority: 1 },
  { key: 'next', header: 'Next run', cell: (i) => (i.next_run_at ? <Time value={i.next_run_at} /> : NO_VALUE), priority: 3 },
  { key: 'last', header: 'Last run', cell: (i) => (i.last_run ? <Time value={i.last_run.finished_at ?? i.last_run.queued_at} /> : NO_VALUE), priority: 3 },
  { key: 'target', header: 'Segment', cell: (i) => i.target?.name ?? NO_VALUE, priority: 3 },
];

/** The imports of a database that run by themselves. */
export function ScheduleListPage() {
  const databaseId = useIdParam('databaseId');
  const state = useListState();
  const can = useCan('imports:create');
  const query = useList<Scheduled>(['import-schedules', 'of', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/import-schedules', { params: { path: { database_id: databaseId }, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const add = can ? { label: 'New scheduled import', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.importScheduleNew(databaseId) } : undefined;
  return (
    <ListPage<Scheduled> name="import-schedules" title="Scheduled imports" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }, { label: 'Imports', href: paths.imports(databaseId) }]} noun={{ one: 'scheduled import', many: 'scheduled imports' }} query={query} state={state} columns={columns}
      rowKey={(i) => i.id} rowLabel={(i) => i.name} rowHref={(i) => paths.importSchedule(databaseId, i.id)} primary={add}
      help={{ text: 'A file at an address or a query on a database is fetched again and again. Each run is an ordinary import.', guide: 'imports' }}
      empty={<FirstUse icon={IconCalendarRepeat} title="Let data come by itself" text="A file that your shop puts at an address each night, or a query on its database: Fidelia fetches it on the days and at the time you choose." primary={add} />} />
  );
}
