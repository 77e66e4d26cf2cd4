import { IconEdit, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { FirstUse, ListPage, Num, paths, StateBadge, Time, useIdParam, useListState, type Column } from '@/kit';
import { PeopleCount } from '@/profiles/figures';
import type { BulkUpdate } from './model';

const titleOf = (b: BulkUpdate) => b.steps.map((s) => s.title).join(', ');
const listed = (b: BulkUpdate, name: BulkUpdate['known'][number]) => <PeopleCount databaseId={b.database_id} figure={`bulk:${b.id}:${name}`} value={b[name]} label={name} unknown={!b.known.includes(name)} />;
const columns: Column<BulkUpdate>[] = [
  { key: 'what', header: 'What', sort: 'what', cell: titleOf },
  { key: 'who', header: 'Who', sort: 'title', cell: (b) => b.title, priority: 2 },
  { key: 'state', header: 'State', sort: 'state', cell: (b) => <StateBadge state={b.state} size="sm" />, priority: 1 },
  { key: 'people', header: 'People', sort: 'people', align: 'right', cell: (b) => <Num value={b.people} />, priority: 3 },
  { key: 'changed', header: 'Changed', sort: 'changed', align: 'right', cell: (b) => listed(b, 'changed'), priority: 2 },
  { key: 'refused', header: 'Refused', sort: 'refused', align: 'right', cell: (b) => listed(b, 'refused'), priority: 3 },
  { key: 'by', header: 'By', sort: 'actor', cell: (b) => b.actor, priority: 3 },
  { key: 'at', header: 'When', sort: 'created_at', cell: (b) => <Time value={b.created_at} />, priority: 2 },
];

/** The changes that were made to many people of a database at once. */
export function BulkListPage() {
  const databaseId = useIdParam('databaseId');
  const state = useListState({ defaultSort: '-created_at' });
  const can = useCan('profiles:update');
  const query = useList<BulkUpdate>(['bulk-updates', 'of', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/bulk-updates', { params: { path: { database_id: databaseId }, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })), { unsettled: (b) => b.state === 'queued' || b.state === 'running' });
  const add = can ? { label: 'Change many people', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.bulkUpdateNew(databaseId) } : undefined;
  return (
    <ListPage<BulkUpdate> name="bulk-updates" title="Bulk changes" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }]} noun={{ one: 'change', many: 'changes' }} searchLabel="Search by who was changed" query={query} state={state} columns={columns} rowKey={(b) => b.id} rowLabel={titleOf} rowHref={(b) => paths.bulkUpdate(databaseId, b.id)} primary={add}
      help={{ text: 'Each change keeps its figures; whom it refused, with the value that stood in the way, is kept for 30 days.' }}
      empty={<FirstUse icon={IconEdit} title="Change many people at once" text="Set a field, add a tag, count something up or change consent, for a segment or for everybody. You see what would happen before anything is written." primary={add} />} />
  );
}
