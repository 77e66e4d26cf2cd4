import { Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppForm, doneToast, SideDrawer, StateBadge, TagsField, ToneBadge, useAppForm, useDrawer, type QueryLike } from '@/kit';
import type { SalesChannel } from '../model';
import { Archive } from './Archive';
import { Frame } from './Frame';

const kinds = [{ value: 'online', label: 'Online' }, { value: 'retail', label: 'Retail' }] as const;
type Kind = SalesChannel['kind'];

function ChannelForm({ onDone }: { onDone: () => void }) {
  const databases = useDatabases() ?? [];
  const here = useDatabase();
  const f = useAppForm<{ database: string | null; name: string; external_id: string; kind: Kind; description: string; tags: string[] }>({
    initialValues: { database: here ? String(here.id) : null, name: '', external_id: '', kind: 'online', description: '', tags: [] },
    check: (v) => ({ database: v.database ? null : 'Choose whose orders come through it', name: v.name.trim() ? null : 'Enter a name', external_id: v.external_id.trim() ? null : 'Enter the id that orders name it by' }),
  });
  const save = useAction({
    refresh: [['sales-channels']],
    run: (v: typeof f.form.values, { headers }) => ok(api.POST('/api/v1/market/channels', { body: { ...v, database: Number(v.database), name: v.name.trim(), external_id: v.external_id.trim() }, headers })),
  });
  return (
    <AppForm state={f} mode="create" saveLabel="Set up the channel" onCancel={onDone} onSave={async (v) => { await save.mutateAsync(v); doneToast(`${v.name} is set up`); onDone(); }}>
      <Select label="Database" description="Cannot be changed later" required data={databases.map((d) => ({ value: String(d.id), label: d.name }))} {...f.form.getInputProps('database')} />
      <TextInput label="Name" required {...f.form.getInputProps('name')} />
      <TextInput label="Id" description="Orders name the channel by it" required {...f.form.getInputProps('external_id')} />
      <Select label="Kind" allowDeselect={false} data={kinds} {...f.form.getInputProps('kind')} />
      <Textarea label="Description" autosize minRows={2} {...f.form.getInputProps('description')} />
      <TagsField value={f.form.values.tags} known={[]} onChange={(tags) => { f.form.setFieldValue('tags', tags); }} />
    </AppForm>
  );
}

function TouchpointForm({ channel, onDone }: { channel: number; onDone: () => void }) {
  const f = useAppForm({
    initialValues: { name: '', external_id: '', description: '' },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name', external_id: v.external_id.trim() ? null : 'Enter the id that orders name it by' }),
  });
  const save = useAction({
    refresh: [['sales-channels']],
    run: (v: typeof f.form.values, { headers }) => ok(api.POST('/api/v1/market/channels/{channel_id}/touchpoints', { params: { path: { channel_id: channel } }, body: { ...v, name: v.name.trim(), external_id: v.external_id.trim() }, headers })),
  });
  return (
    <AppForm state={f} mode="create" saveLabel="Set up the touchpoint" onCancel={onDone} onSave={async (v) => { await save.mutateAsync(v); doneToast(`${v.name} is set up`); onDone(); }}>
      <TextInput label="Name" description="A shop, a till, an app" required {...f.form.getInputProps('name')} />
      <TextInput label="Id" description="Orders name the touchpoint by it" required {...f.form.getInputProps('external_id')} />
      <Textarea label="Description" autosize minRows={2} {...f.form.getInputProps('description')} />
    </AppForm>
  );
}

function Touchpoints({ channel, onAdd }: { channel: SalesChannel; onAdd: () => void }) {
  const can = useCan('market:create');
  return (
    <Stack gap={4} align="start">
      {channel.touchpoints.map((t) => (
        <Group key={t.id} gap="xs">
          <Text size="sm">{t.name} <Text span size="xs" c="dimmed">{t.external_id}</Text></Text>{t.archived_at && <StateBadge state="archived" size="sm" />}
          <Archive name={t.name} archived={t.archived_at !== null} refresh="sales-channels" set={(archived) => ok(api.PATCH('/api/v1/market/touchpoints/{touchpoint_id}', { params: { path: { touchpoint_id: t.id } }, body: { archived } }))} />
        </Group>
      ))}
      {can && channel.archived_at === null && <Button variant="subtle" size="compact-sm" onClick={onAdd} aria-label={`Add a touchpoint to ${channel.name}`}>Add a touchpoint</Button>}
    </Stack>
  );
}

/** Sales channels, each of one database, and the touchpoints in them. */
export function Channels({ query }: { query: QueryLike<{ items: SalesChannel[] }> }) {
  const databases = useDatabases() ?? [];
  const drawer = useDrawer('touchpoint');
  return (
    <>
      <Frame<SalesChannel> title="Sales channels" what="Sales channels" query={query} addLabel="Add a channel" drawer="channel" rowKey={(c) => c.id} form={(close) => <ChannelForm onDone={close} />}
        text="Where orders come from. A channel belongs to one database; its touchpoints are the shops, tills and apps in it."
        columns={[
          { key: 'name', header: 'Channel', cell: (c) => <>{c.name} <Text span size="xs" c="dimmed">{c.external_id}</Text></> },
          { key: 'kind', header: 'Kind', priority: 2, cell: (c) => <ToneBadge tone={c.kind === 'retail' ? 'plum' : 'iris'}>{c.kind === 'retail' ? 'Retail' : 'Online'}</ToneBadge> },
          { key: 'database', header: 'Database', priority: 2, cell: (c) => databases.find((d) => d.id === c.database_id)?.name ?? `Database ${c.database_id}` },
          { key: 'touchpoints', header: 'Touchpoints', priority: 2, cell: (c) => <Touchpoints channel={c} onAdd={() => { drawer.open(c.id); }} /> },
          { key: 'actions', header: 'Actions', align: 'right', priority: 1, cell: (c) => <Archive name={c.name} archived={c.archived_at !== null} refresh="sales-channels" set={(archived) => ok(api.PATCH('/api/v1/market/channels/{channel_id}', { params: { path: { channel_id: c.id } }, body: { archived } }))} /> },
        ]} />
      <SideDrawer name="touchpoint" right="market:create" title="Add a touchpoint">{(value) => <TouchpointForm channel={Number(value)} onDone={drawer.close} />}</SideDrawer>
    </>
  );
}
