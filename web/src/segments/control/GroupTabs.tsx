import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, formatDuration, ListView, Num, paths, StateBadge, Time, useListState, type Column } from '@/kit';
import { PeopleCount } from '@/profiles/figures';
import type { ControlGroup, ControlRun } from './model';

type Member = Record<string, unknown> & { profile_id: number };
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
const nameOf = (m: Member) => [text(m.first_name), text(m.last_name)].filter(Boolean).join(' ') || text(m.email) || `Profile ${m.profile_id}`;

const people: Column<Member>[] = [
  { key: 'name', header: 'Person', cell: nameOf },
  { key: 'email', header: 'E-mail', cell: (m) => text(m.email) ?? '–', priority: 2 },
  { key: 'city', header: 'City', cell: (m) => text(m.city) ?? '–', priority: 3 },
  { key: 'id', header: 'Id', cell: (m) => `#${m.profile_id}`, align: 'right', priority: 1 },
];

/** Who gets no messages. */
export function PeopleTab({ group }: { group: ControlGroup }) {
  const state = useListState();
  const query = useList<Member>(['control-group', group.database_id, 'members', group.size, state.q], async ({ cursor, limit, signal }) => {
    const reply = await ok(api.GET('/api/v1/databases/{database_id}/control-group/members', { params: { path: { database_id: group.database_id }, query: { limit, columns: 'first_name,last_name,email,city', ...(state.q ? { q: state.q } : {}), ...(cursor ? { cursor } : {}) } }, signal }));
    return { ...reply, items: reply.items as Member[] };
  });
  return (
    <ListView<Member> name="control.people" query={query} state={state} columns={people} rowKey={(m) => m.profile_id} rowLabel={nameOf} rowHref={(m) => paths.profile(group.database_id, m.profile_id)} noun={{ one: 'person', many: 'people' }} searchLabel="Search name, e-mail or id"
      empty={<AllDone>Nobody is kept back yet.</AllDone>} />
  );
}

const sources: Readonly<Record<ControlRun['source'], string>> = { hand: 'by hand', api: 'by the API', import: 'by an import', schedule: 'on schedule', system: 'by the system' };

const drawn = (databaseId: number, r: ControlRun, which: 'assigned' | 'kept') => (
  <PeopleCount databaseId={databaseId} figure={`control:run:${r.id}:${which}`} value={which === 'assigned' ? r.joined : r.entered} label={which === 'assigned' ? 'assigned' : 'kept back'} />
);

const columnsOf = (databaseId: number, zone: string): Column<ControlRun>[] => [
  { key: 'at', header: 'Refresh', cell: (r) => <Time value={r.finished_at ?? r.queued_at} mode="absolute" zone={zone} /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <StateBadge state={r.state} size="sm" /> },
  { key: 'joined', header: 'Assigned', align: 'right', priority: 2, cell: (r) => drawn(databaseId, r, 'assigned') },
  { key: 'entered', header: 'Kept back', align: 'right', priority: 2, cell: (r) => drawn(databaseId, r, 'kept') },
  { key: 'size', header: 'Group after', align: 'right', priority: 2, cell: (r) => <Num value={r.size} /> },
  { key: 'took', header: 'Took', align: 'right', priority: 3, cell: (r) => formatDuration(r.took_ms) },
  { key: 'source', header: 'Started', priority: 3, cell: (r) => `${sources[r.source]}, ${r.actor}` },
  { key: 'error', header: 'Why it stopped', priority: 3, cell: (r) => r.error && <Text c="error">{r.error}</Text> },
];

/** Every draw and refresh: how many were assigned, and how many of them are kept back. */
export function HistoryTab({ group, zone }: { group: ControlGroup; zone: string }) {
  const state = useListState();
  const query = useList<ControlRun>(['control-group', group.database_id, 'history', group.last_run?.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/control-group/history', { params: { path: { database_id: group.database_id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <ListView<ControlRun> name="control.history" query={query} state={state} columns={columnsOf(group.database_id, zone)} rowKey={(r) => r.id} rowLabel={(r) => `Refresh ${r.id}`} noun={{ one: 'refresh', many: 'refreshes' }} searchLabel={null}
      empty={<AllDone>The members are not drawn yet.</AllDone>} />
  );
}
