import { Text } from '@mantine/core';
import { IconLayoutBoard, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, FirstUse, ListPage, Loaded, MenuActions, NeedDatabase, Num, paths, SideDrawer, Time, useDrawer, useListState, type Column, type PageAction } from '@/kit';
import type { Slot } from './model';
import { SlotCode } from './SlotCode';
import { SlotForm } from './SlotForm';

const crumbs = [{ label: 'Mailings', href: paths.mailings() }];
const why = 'A slot is a place on your site, for the people of a database.';

function OneSlot({ id, code, onDone }: { id: number; code: boolean; onDone: () => void }) {
  const query = useQuery({ queryKey: ['slots', 'one', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/placements/slots/{slot_id}', { params: { path: { slot_id: id } }, signal })) });
  return <Loaded query={query} what="the slot">{(slot) => (code ? <SlotCode databaseId={slot.database_id} slotKey={slot.key} /> : <SlotForm databaseId={slot.database_id} slot={slot} onCancel={onDone} onSaved={(saved) => { doneToast(`${saved.name} saved`); onDone(); }} />)}</Loaded>;
}

/** The places on one's own sites that placements are shown in. */
export function SlotsPage() {
  const database = useDatabase();
  const id = database?.id;
  const state = useListState({ defaultSort: 'name' });
  const drawer = useDrawer('slot');
  const can = { make: useCan('mailings:create'), change: useCan('mailings:update'), remove: useCan('mailings:delete') };
  const query = useList<Slot>(['slots', id, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/placements/slots', { params: { query: { ...state.params, limit, ...(id ? { database: id } : {}), ...(cursor ? { cursor } : {}) } }, signal })));
  const remove = useAction({ refresh: [['slots']], run: (slot: number) => ok(api.DELETE('/api/v1/placements/slots/{slot_id}', { params: { path: { slot_id: slot } } })) });
  if (!database) return <NeedDatabase title="Slots" crumbs={crumbs} why={why} />;
  const actions = (slot: Slot): PageAction[] => [
    { label: 'Put it on your site', onClick: () => { drawer.open(`code-${slot.id}`); } },
    ...(can.change ? [{ label: 'Edit', onClick: () => { drawer.open(slot.id); } }] : []),
    ...(can.remove ? [{
      label: 'Delete…', danger: true,
      onClick: () => void confirmConsequence({ title: `Delete ${slot.name}?`, body: 'Pages that ask for it keep what they have there themselves.', action: 'Delete slot', keep: 'Keep it' })
        .then((yes) => { if (yes) remove.mutate(slot.id, { onSuccess: () => { doneToast(`${slot.name} deleted`); }, onError: failToast }); }),
    }] : []),
  ];
  const columns: Column<Slot>[] = [
    { key: 'name', header: 'Slot', sort: 'name', cell: (slot) => slot.name },
    { key: 'key', header: 'Key', sort: 'key', priority: 2, cell: (slot) => <Text span size="sm" c="dimmed">{slot.key}</Text> },
    { key: 'where', header: 'Where', priority: 3, cell: (slot) => (slot.domains.length > 0 ? slot.domains.join(', ') : 'all sites') },
    { key: 'width', header: 'Width', align: 'right', priority: 3, cell: (slot) => (slot.width ? <><Num value={slot.width} /> px</> : '–') },
    { key: 'live', header: 'Live now', align: 'right', priority: 1, cell: (slot) => <Num value={slot.live} /> },
    { key: 'mailings', header: 'Placements', align: 'right', priority: 2, cell: (slot) => <Num value={slot.mailing_count} /> },
    { key: 'updated', header: 'Changed', sort: 'updated_at', priority: 3, cell: (slot) => <Time value={slot.updated_at} /> },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (slot) => <span data-above><MenuActions actions={actions(slot)} label={`Actions for ${slot.name}`} /></span> },
  ];
  const make = can.make ? { label: 'New slot', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const code = drawer.value?.startsWith('code-') ?? false;
  return (
    <>
      <ListPage<Slot> name="slots" title="Slots" crumbs={crumbs} facts={[database.name]} noun={{ one: 'slot', many: 'slots' }} query={query} state={state} columns={columns} rowKey={(slot) => slot.id} rowLabel={(slot) => slot.name} onPreview={(slot) => { drawer.open(can.change ? slot.id : `code-${slot.id}`); }}
        primary={make} searchLabel="Search name or key"
        help={{ text: 'A slot is a named place on your site. Placements fill it for visitors who are known; everybody else sees what your page has there.', guide: 'placements' }}
        empty={<FirstUse icon={IconLayoutBoard} title="Show people what is meant for them" text="Make a slot, put one line into your page, and choose the slot in a placement. It can be withdrawn at any moment." primary={make} />} />
      <SideDrawer name="slot" size={720} right={drawer.value === 'new' ? 'mailings:create' : code ? 'mailings:read' : 'mailings:update'} title={drawer.value === 'new' ? 'New slot' : code ? 'Put it on your site' : 'Edit slot'}>
        {(opened) => (opened === 'new' ? <SlotForm databaseId={database.id} onCancel={drawer.close} onSaved={(slot) => { doneToast(`${slot.name} made`); drawer.open(`code-${slot.id}`); }} />
          : <OneSlot key={opened} id={Number(opened.replace('code-', ''))} code={opened.startsWith('code-')} onDone={drawer.close} />)}
      </SideDrawer>
    </>
  );
}
