import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconShield, IconSpeakerphone } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { AppLink, doneToast, failToast, FirstUse, formatNumber, ListView, Loaded, MenuActions, NO_VALUE, Num, Page, paths, Section, SideDrawer, SmallTable, Time, ToneBadge, undoToast, useAnnounce, useDrawer, useListState, type Column } from '@/kit';
import type { Resource } from './model';
import { DoubleOptIn } from './optin/DoubleOptIn';
import { ResourceForm } from './ResourceForm';
import { SuppressionListForm } from './SuppressionListForm';

type List = components['schemas']['SuppressionList'];

const counts = (resource: Resource) => resource.subscriptions.reduce<Record<string, number>>((sum, { status, count }) => ({ ...sum, [status]: (sum[status] ?? 0) + count }), {});

function Resources() {
  const state = useListState();
  const drawer = useDrawer('resource'), optIn = useDrawer('optin');
  const canUpdate = useCan('consent:update'), canDelete = useCan('consent:delete'), canCreate = useCan('consent:create');
  const query = useList<Resource>(['resources', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/resources', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const archive = useAction({ refresh: [['resources']], run: (id: number) => ok(api.DELETE('/api/v1/resources/{resource_id}', { params: { path: { resource_id: id } } })) });
  const back = useAction({ refresh: [['resources']], run: (id: number, { headers }) => ok(api.POST('/api/v1/resources/{resource_id}/restore', { params: { path: { resource_id: id } }, headers })) });
  const columns: Column<Resource>[] = [
    { key: 'name', header: 'Resource', sort: 'name', cell: (r) => r.name },
    { key: 'channels', header: 'Channels', cell: (r) => r.channels.map((c) => (c === 'email' ? 'E-mail' : c.toUpperCase())).join(', '), priority: 2 },
    { key: 'subscribed', header: 'Subscribed', align: 'right', cell: (r) => <Num value={counts(r).subscribed ?? 0} />, priority: 2 },
    { key: 'unsubscribed', header: 'Unsubscribed', align: 'right', cell: (r) => <Num value={counts(r).unsubscribed ?? 0} />, priority: 3 },
    { key: 'other', header: 'Other states', cell: (r) => Object.entries(counts(r)).filter(([s]) => s !== 'subscribed' && s !== 'unsubscribed').map(([s, n]) => `${s} ${formatNumber(n)}`).join(' · ') || NO_VALUE, priority: 3 },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (r) => (
        <span data-above><MenuActions label={`Actions for ${r.name}`} actions={[
          ...(canUpdate ? [{ label: 'Edit', onClick: () => { drawer.open(r.id); } }, ...(r.channels.includes('email') ? [{ label: 'Double opt-in', onClick: () => { optIn.open(r.id); } }] : [])] : []),
          ...(canDelete ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(r.id, { onSuccess: () => { undoToast(`${r.name} archived`, () => back.mutateAsync(r.id)); }, onError: failToast }); } }] : []),
        ]} /></span>
      ),
    },
  ];
  const items = query.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <ListView<Resource> name="resources" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => r.name} {...(canUpdate ? { onPreview: (r) => { drawer.open(r.id); } } : {})} noun={{ one: 'resource', many: 'resources' }}
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
  { key: 'name', header: 'List', cell: (list) => <><AppLink href={paths.suppressionList(list.id)}>{list.name}</AppLink> {list.is_global && <ToneBadge tone="fjord" icon={IconShield}>every send obeys it</ToneBadge>}<Text size="xs" c="dimmed">{list.description}</Text></> },
  { key: 'size', header: 'Entries', align: 'right', priority: 2, cell: (list) => <Num value={list.size} /> },
  { key: 'updated_at', header: 'Changed', priority: 2, cell: (list) => <Time value={list.updated_at} /> },
];

function StopLists() {
  const canCreate = useCan('consent:create');
  const drawer = useDrawer('list');
  const query = useList<List>(['suppression-lists'], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/suppression-lists', { params: { query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <Stack>
      <CheckAddress />
      <Section title="Stop lists">
        <Loaded query={{ ...query, data: query.data }} what="the stop lists">
          {(data) => (
            <SmallTable label="Stop lists" columns={listColumns} rows={data.pages.flatMap((p) => p.items)} rowKey={(list) => list.id} />
          )}
        </Loaded>
        {canCreate && <Group><Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => { drawer.open('new'); }}>New stop list</Button></Group>}
      </Section>
      <SideDrawer name="list" right="consent:create" title="New stop list">{() => <SuppressionListForm onCancel={drawer.close} onSaved={() => { doneToast('Stop list made'); drawer.close(); }} />}</SideDrawer>
    </Stack>
  );
}

/** What people agreed to, and who is never written to. */
export function ConsentPage() {
  const canCreate = useCan('consent:create');
  const drawer = useDrawer('resource');
  return (
    <Page title="Consent" primary={canCreate ? { label: 'New resource', icon: <IconPlus size={16} />, onClick: () => { drawer.open('new'); } } : undefined}
      help={{ text: 'People subscribe to resources, per channel. A stop list holds addresses that get nothing whatever they agreed to; bounces and complaints land on the global one.' }}
      tabs={[{ value: 'resources', label: 'Resources', render: () => <Resources /> }, { value: 'stop', label: 'Stop lists', render: () => <StopLists /> }]} />
  );
}
