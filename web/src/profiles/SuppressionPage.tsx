import { Textarea, TextInput } from '@mantine/core';
import { IconBan, IconPlus, IconShield } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { AppForm, doneToast, failToast, FirstUse, formatCount, ListPage, named, paths, SideDrawer, Time, ToneBadge, undoToast, useAppForm, useDrawer, useIdParam, useListState, type Column } from '@/kit';

type Entry = components['schemas']['SuppressionEntry'];
interface Values extends Record<string, unknown> { values: string; reason: string }

const kinds = [{ value: 'email', label: 'Addresses' }, { value: 'phone', label: 'Phone numbers' }, { value: 'domain', label: 'Domains' }];
const lines = (text: string) => text.split(/[\s,;]+/).map((v) => v.trim()).filter(Boolean);

function AddEntries({ listId, onSaved, onCancel }: { listId: number; onSaved: () => void; onCancel: () => void }) {
  const form = useAppForm<Values>({ initialValues: { values: '', reason: '' }, check: (v) => ({ values: lines(v.values).length > 0 ? null : 'Enter at least one address, number or domain' }) });
  const save = useAction({ refresh: [['suppression-lists']], run: (v: Values, { headers }) => ok(api.POST('/api/v1/suppression-lists/{list_id}/entries', { params: { path: { list_id: listId } }, body: { values: lines(v.values), reason: v.reason.trim() }, headers })) });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Add to the list" onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      <Textarea label="Addresses, phone numbers or domains" description="One a line; a domain stops every address in it" autosize minRows={5} maxRows={16} {...form.form.getInputProps('values')} />
      <TextInput label="Reason" {...form.form.getInputProps('reason')} />
    </AppForm>
  );
}

/** One stop list and what is on it. */
export function SuppressionPage() {
  const id = useIdParam('listId');
  const state = useListState();
  const drawer = useDrawer('add');
  const canUpdate = useCan('consent:update');
  const path = { path: { list_id: id } };
  const list = useQuery({ queryKey: ['suppression-lists', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/suppression-lists/{list_id}', { params: path, signal })) });
  const about = list.data;
  const query = useList<Entry>(['suppression-lists', id, 'entries', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/suppression-lists/{list_id}/entries', { params: { ...path, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const add = useAction({ refresh: [['suppression-lists']], run: (values: string[], { headers }) => ok(api.POST('/api/v1/suppression-lists/{list_id}/entries', { params: path, body: { values, reason: '' }, headers })) });
  const remove = useAction({ refresh: [['suppression-lists']], run: (values: string[], { headers }) => ok(api.POST('/api/v1/suppression-lists/{list_id}/entries/remove', { params: path, body: { values }, headers })) });
  const columns: Column<Entry>[] = [
    { key: 'value', header: 'Entry', cell: (e) => e.value },
    { key: 'kind', header: 'Kind', cell: (e) => ({ email: 'Address', phone: 'Phone number', domain: 'Domain' })[e.kind], priority: 2 },
    { key: 'reason', header: 'Reason', cell: (e) => e.reason || null, priority: 2 },
    { key: 'created_at', header: 'Since', cell: (e) => <Time value={e.created_at} />, priority: 1 },
  ];
  const primary = canUpdate ? { label: 'Add entries', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('entries'); } } : undefined;
  return (
    <>
      <ListPage<Entry> name="suppression" title={named(list, (found) => found.name, 'Stop list')} crumbs={[{ label: 'Consent', href: `${paths.consent()}?tab=stop` }]} badges={about?.is_builtin && <ToneBadge tone="fjord" icon={IconShield}>every send obeys it</ToneBadge>}
        facts={about ? [formatCount(about.size, 'entry', 'entries'), about.description] : []} noun={{ one: 'entry', many: 'entries' }} query={query} state={state} columns={columns} rowKey={(e) => e.value} rowLabel={(e) => e.value}
        primary={primary} filters={[{ key: 'kind', label: 'Kind', options: kinds }]}
        bulk={canUpdate ? [{ label: (n) => `Remove ${n}`, danger: true, pageOnly: true, run: async ({ ids }) => { await remove.mutateAsync(ids).then(() => { undoToast(`${formatCount(ids.length, 'entry', 'entries')} removed`, () => add.mutateAsync(ids)); }).catch(failToast); } }] : []}
        empty={<FirstUse icon={IconBan} title="Nothing is stopped" text="Addresses on this list get nothing, whatever they agreed to." primary={primary} />} />
      <SideDrawer name="add" right="consent:update" title="Add to the list">{() => <AddEntries listId={id} onCancel={drawer.close} onSaved={() => { doneToast('Added to the list'); drawer.close(); }} />}</SideDrawer>
    </>
  );
}
