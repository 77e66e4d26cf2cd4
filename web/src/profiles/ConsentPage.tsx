import { Alert, Button, Group, Stack, TextInput } from '@mantine/core';
import { IconPlus, IconShield, IconSpeakerphone } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { channelName, useChannels } from '@/channels/model';
import { AppLink, doneToast, failToast, FirstUse, formatCount, ListView, MenuActions, NO_VALUE, Num, Page, paths, Section, SideDrawer, Time, ToneBadge, undoToast, useAnnounce, useDrawer, useListState, useSearchParam, type Column, type PageAction } from '@/kit';
import type { Resource } from './model';
import { DoubleOptIn } from './optin/DoubleOptIn';
import { ResourceForm } from './ResourceForm';
import { SuppressionListForm } from './SuppressionListForm';

type List = components['schemas']['SuppressionList'];

const counts = (resource: Resource) => resource.subscriptions.reduce<Record<string, number>>((sum, { status, count }) => ({ ...sum, [status]: (sum[status] ?? 0) + count }), {});

function Resources() {
  const state = useListState({ defaultSort: 'name' });
  const db = useDatabase();
  const { archived, ...params } = state.params, old = archived === 'yes';
  const drawer = useDrawer('resource'), optIn = useDrawer('optin');
  const canUpdate = useCan('consent:update'), canDelete = useCan('consent:delete'), canCreate = useCan('consent:create');
  const query = useList<Resource>(['resources', db?.id, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/resources', { params: { query: { ...params, ...(old ? { archived: true } : {}), limit, ...(db ? { database: db.id } : {}), ...(cursor ? { cursor } : {}) } }, signal })));
  const of = (r: Resource, status: string) => {
    const n = counts(r)[status] ?? 0;
    return n > 0 && db ? <AppLink href={paths.subscriptions(r.id, status)} aria-label={`${formatCount(n, 'subscription', 'subscriptions')} of ${r.name}, ${status}`}><Num value={n} /></AppLink> : <Num value={n} />;
  };
  const archive = useAction({ refresh: [['resources']], run: (id: number) => ok(api.DELETE('/api/v1/resources/{resource_id}', { params: { path: { resource_id: id } } })) });
  const back = useAction({ refresh: [['resources']], run: (id: number, { headers }) => ok(api.POST('/api/v1/resources/{resource_id}/restore', { params: { path: { resource_id: id } }, headers })) });
  const known = useChannels();
  const columns: Column<Resource>[] = [
    { key: 'name', header: 'Resource', sort: 'name', cell: (r) => r.name },
    { key: 'channels', header: 'Channels', cell: (r) => r.channels.map((c) => channelName(c, known)).join(', '), priority: 2 },
    { key: 'subscribed', header: 'Subscribed', align: 'right', cell: (r) => of(r, 'subscribed'), priority: 2 },
    { key: 'unsubscribed', header: 'Unsubscribed', align: 'right', cell: (r) => of(r, 'unsubscribed'), priority: 3 },
    { key: 'other', header: 'Other states', cell: (r) => { const rest = Object.keys(counts(r)).filter((s) => s !== 'subscribed' && s !== 'unsubscribed'); return rest.length === 0 ? NO_VALUE : rest.map((s, i) => <Fragment key={s}>{i > 0 && ' · '}{s} {of(r, s)}</Fragment>); }, priority: 3 },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (r) => (
        <span data-above><MenuActions label={`Actions for ${r.name}`} actions={[
          ...(canUpdate && !old ? [{ label: 'Edit', onClick: () => { drawer.open(r.id); } }, ...(r.channels.includes('email') ? [{ label: 'Double opt-in', onClick: () => { optIn.open(r.id); } }] : [])] : []),
          ...(canDelete && old ? [{ label: 'Restore', onClick: () => { back.mutate(r.id, { onSuccess: () => { doneToast(`${r.name} is back`); }, onError: failToast }); } }] : []),
          ...(canDelete && !old ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(r.id, { onSuccess: () => { undoToast(`${r.name} archived`, () => back.mutateAsync(r.id)); }, onError: failToast }); } }] : []),
        ]} /></span>
      ),
    },
  ];
  const items = query.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <ListView<Resource> saved name="resources" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => r.name} filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]} {...(canUpdate && !old ? { onPreview: (r) => { drawer.open(r.id); } } : {})} noun={{ one: 'resource', many: 'resources' }}
        empty={<FirstUse icon={IconSpeakerphone} title="Say what people agree to" text="A resource is one reason to write, such as news or order messages. People subscribe to it and leave it by itself; the others are not touched." primary={canCreate ? { label: 'New resource', onClick: () => { drawer.open('new'); } } : undefined} />} />
      <SideDrawer name="resource" right={drawer.value === 'new' ? 'consent:create' : 'consent:update'} title={drawer.value === 'new' ? 'New resource' : 'Edit resource'}>
        {(id) => { const resource = items.find((r) => String(r.id) === id); return id === 'new' || resource ? <ResourceForm key={id} onCancel={drawer.close} onSaved={drawer.close} {...(resource ? { resource } : {})} /> : null; }}
      </SideDrawer>
      <SideDrawer name="optin" right="consent:update" title={`Double opt-in${items.filter((r) => String(r.id) === optIn.value).map((r) => ` of ${r.name}`).join('')}`}>
        {(id) => <DoubleOptIn key={id} resourceId={Number(id)} onClose={optIn.close} />}
      </SideDrawer>
    </>
  );
}

function CheckAddress() {
  const [value, setValue] = useState('');
  const check = useAction({ run: (text: string, { headers }) => ok(api.POST('/api/v1/suppression-lists/check', { body: { value: text }, headers })) });
  const found = check.data;
  const words = found && (found.suppressed ? `${found.value} is on ${found.lists.map((l) => l.list_name).join(', ')}: nothing is sent there` : `${found.value} is on no stop list`);
  useAnnounce(words);
  return (
    <Section title="Check an address">
      <form onSubmit={(event) => { event.preventDefault(); if (value.trim()) check.mutate(value.trim(), { onError: failToast }); }}>
        <Group align="end"><TextInput label="Address, phone number or domain" value={value} onChange={(e) => { setValue(e.currentTarget.value); }} style={{ flex: 1 }} /><Button type="submit" variant="default" loading={check.isPending}>Check</Button></Group>
      </form>
      {found && <Alert color={found.suppressed ? 'marigold' : 'moss'}>{words}</Alert>}
    </Section>
  );
}

const listColumns: Column<List>[] = [
  { key: 'name', header: 'List', sort: 'name', cell: (list) => list.name },
  { key: 'kind', header: 'Obeyed by', priority: 1, cell: (list) => (list.is_builtin ? <ToneBadge tone="fjord" icon={IconShield}>every send</ToneBadge> : 'mailings that name it') },
  { key: 'description', header: 'Description', priority: 3, cell: (list) => list.description },
  { key: 'size', header: 'Entries', sort: 'size', align: 'right', priority: 2, cell: (list) => <Num value={list.size} /> },
  { key: 'updated_at', header: 'Changed', sort: 'updated_at', priority: 2, cell: (list) => <Time value={list.updated_at} /> },
];

function StopLists({ add }: { add: PageAction | undefined }) {
  const drawer = useDrawer('list');
  const state = useListState();
  const query = useList<List>(['suppression-lists', 'all', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/suppression-lists', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <Stack>
      <CheckAddress />
      <ListView<List> saved name="suppression-lists" query={query} state={state} columns={listColumns} rowKey={(list) => list.id} rowLabel={(list) => list.name} rowHref={(list) => paths.suppressionList(list.id)} noun={{ one: 'stop list', many: 'stop lists' }}
        empty={<FirstUse icon={IconShield} title="Nobody is on a stop list" text="Addresses on a stop list get nothing, whatever they agreed to. Bounces and complaints land on one by themselves." primary={add} />} />
      <SideDrawer name="list" right="consent:create" title="New stop list">{() => <SuppressionListForm onCancel={drawer.close} onSaved={() => { doneToast('Stop list made'); drawer.close(); }} />}</SideDrawer>
    </Stack>
  );
}

/** What people agreed to, and who is never written to. */
export function ConsentPage() {
  const canCreate = useCan('consent:create');
  const drawer = useDrawer('resource'), listDrawer = useDrawer('list');
  const [tab] = useSearchParam('tab');
  const stop = tab === 'stop', open = stop ? listDrawer.open : drawer.open;
  const add = canCreate ? { label: stop ? 'New stop list' : 'New resource', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { open('new'); } } : undefined;
  return (
    <Page title="Consent" primary={add} secondary={[{ label: 'All subscriptions', href: paths.subscriptions() }]}
      help={{ text: 'People subscribe to resources, per channel. A stop list holds addresses that get nothing whatever they agreed to; bounces and complaints land on the global one.' }}
      tabs={[{ value: 'resources', label: 'Resources', render: () => <Resources /> }, { value: 'stop', label: 'Stop lists', render: () => <StopLists add={add} /> }]} />
  );
}
