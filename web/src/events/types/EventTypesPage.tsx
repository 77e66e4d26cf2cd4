import { Text } from '@mantine/core';
import { IconBolt, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { doneToast, FirstUse, ListPage, Num, SideDrawer, Time, ToneBadge, useDrawer, useIdParam, useListState, type Column } from '@/kit';
import { useDatabaseOf } from '@/profiles/model';
import { useTypes } from '../hooks/model';
import { meaning, origin, type EventType } from './model';
import { TypeForm } from './TypeForm';
import { TypeView } from './TypeView';

const columns: Column<EventType>[] = [
  { key: 'label', header: 'Event type', cell: (t) => t.label },
  { key: 'name', header: 'Name', priority: 2, cell: (t) => <Text span size="sm" c="dimmed">{t.name}</Text> },
  { key: 'origin', header: 'Origin', priority: 1, cell: (t) => { const { word, tone } = origin(t); return <ToneBadge tone={tone}>{word}</ToneBadge>; } },
  { key: 'meaning', header: 'What it means', priority: 3, cell: (t) => <Text span size="sm" lineClamp={1}>{meaning(t)}</Text> },
  { key: 'week', header: '7 days', align: 'right', priority: 2, cell: (t) => <Num value={t.count_7d} /> },
  { key: 'month', header: '30 days', align: 'right', priority: 3, cell: (t) => <Num value={t.count_30d} /> },
  { key: 'last', header: 'Last seen', priority: 2, cell: (t) => <Time value={t.last_seen_at} none={t.count === null ? '–' : 'never'} /> },
];

/** A type by its name, deleted ones too. */
function OneType({ databaseId, name, onEdit }: { databaseId: number; name: string; onEdit: () => void }) {
  const query = useList<EventType>(['event-types', databaseId, 'one', name], ({ signal }) => ok(api.GET('/api/v1/event-types', { params: { query: { database: databaseId, q: name, archived: true, limit: 1000 } }, signal })));
  const type = query.data?.pages[0]?.items.find((t) => t.name === name);
  if (type) return <TypeView type={type} onEdit={onEdit} />;
  return query.data ? <Text c="dimmed">There is no such type in this database.</Text> : null;
}

/** What can happen in a database: built-in types and one's own. */
export function EventTypesPage() {
  const databaseId = useIdParam('databaseId');
  const database = useDatabaseOf(databaseId).data;
  const state = useListState();
  const drawer = useDrawer('type');
  const can = useCan('events:create');
  const { origin: from, ...rest } = state.params;
  const query = useList(['event-types', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/event-types', {
    params: { query: { ...rest, database: databaseId, limit, archived: from === 'deleted', builtin: from === undefined, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const all = useTypes(databaseId).data?.items ?? [];
  const define = can ? { label: 'Define type', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const editing = drawer.value?.startsWith('edit-') ? drawer.value.slice(5) : null;
  const edited = all.find((t) => t.name === editing);
  const saved = (type: EventType) => { doneToast(`${type.label} saved`); drawer.open(type.name); };
  return (
    <>
      <ListPage name="event-types" title="Event types" noun={{ one: 'type', many: 'types' }} query={query} state={state} columns={columns} rowKey={(t) => t.name} rowLabel={(t) => t.label} onPreview={(t) => { drawer.open(t.name); }} primary={define}
        facts={[database?.name]} searchLabel="Search name or label" filters={[{ key: 'origin', label: 'Origin', options: [{ value: 'own', label: 'Your own' }, { value: 'deleted', label: 'Your own and deleted ones' }] }]}
        help={{ text: 'An event is something that happened to somebody. Fidelia writes the built-in types itself; your own come through the API or the Segment protocol and need no declaration. Define a type to describe it and to have its properties checked.', guide: 'events' }}
        empty={<FirstUse icon={IconBolt} title="No types of your own yet" text="Send an event named custom.anything, or define its type first." primary={define} />} />
      <SideDrawer name="type" size={720} right={drawer.value === 'new' ? 'events:create' : editing === null ? 'events:read' : 'events:update'} title={drawer.value === 'new' ? 'Define an event type' : editing !== null ? 'Edit event type' : all.find((t) => t.name === drawer.value)?.label ?? 'Event type'}>
        {(name) => (name === 'new' ? <TypeForm databaseId={databaseId} onCancel={drawer.close} onSaved={saved} />
          : editing !== null ? (edited ? <TypeForm databaseId={databaseId} type={edited} onCancel={() => { drawer.open(editing); }} onSaved={saved} /> : null)
            : <OneType databaseId={databaseId} name={name} onEdit={() => { drawer.open(`edit-${name}`); }} />)}
      </SideDrawer>
    </>
  );
}
