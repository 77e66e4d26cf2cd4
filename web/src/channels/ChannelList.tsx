import { Alert, Group, Stack, Text } from '@mantine/core';
import { IconMail, IconMessageCirclePlus, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { AppLink, FirstUse, ListView, MenuActions, Page, paths, Section, SideDrawer, Time, ToneBadge, useDrawer, useListState, type Column, type Crumb } from '@/kit';
import { Standing, useArchiving } from './ChannelPage';
import { iconOf, type Channel } from './model';
import { NewChannel } from './NewChannel';

/** E-mail is a channel too, with settings of its own. */
function EmailCard() {
  return (
    <Section>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <IconMail size={22} aria-hidden="true" style={{ flex: 'none' }} />
        <div>
          <Group gap="xs"><Text fw={650}>E-mail</Text><ToneBadge>Built in</ToneBadge></Group>
          <Text size="sm" c="dimmed">Speaks to mail servers itself: signed by the keys of your <AppLink href={paths.settings('domains')}>sending domains</AppLink>, with <AppLink href={paths.settings('returned')}>returned mail</AppLink> read. It is always there.</Text>
        </div>
      </Group>
    </Section>
  );
}

function Name({ channel }: { channel: Channel }) {
  const Mark = iconOf(channel);
  return <Group gap={8} wrap="nowrap" component="span"><Mark size={18} aria-hidden="true" style={{ flex: 'none' }} /><span>{channel.name}</span></Group>;
}

/** By what messages leave: e-mail, and channels of one's own. */
export function ChannelList({ crumbs }: { crumbs: readonly Crumb[] }) {
  const state = useListState({ defaultSort: 'name' });
  const drawer = useDrawer('channel');
  const can = { make: useCan('channels:create'), remove: useCan('channels:delete') };
  const { archive, restore } = useArchiving();
  const { archived, ...params } = state.params, old = archived === 'yes';
  const query = useList<Channel>(['channels', 'list', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/channels', { params: { query: { ...params, ...(old ? { archived: true } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns: Column<Channel>[] = [
    { key: 'name', header: 'Channel', sort: 'name', cell: (c) => <Name channel={c} /> },
    { key: 'state', header: 'State', priority: 1, cell: (c) => <Standing channel={c} /> },
    { key: 'contact', header: 'Writes to', priority: 2, cell: (c) => c.definition.contact.label },
    { key: 'key', header: 'Key', sort: 'key', priority: 3, cell: (c) => <Text span size="sm" ff="monospace">{c.key}</Text> },
    { key: 'told', header: 'Told something last', priority: 3, cell: (c) => (c.definition.inbound.active ? <Time value={c.last_inbound_at} none="nothing yet" /> : 'not set up') },
    { key: 'updated_at', header: 'Changed', sort: 'updated_at', priority: 2, cell: (c) => <Time value={c.updated_at} /> },
    ...(can.remove ? [{
      key: 'actions', header: 'Actions', locked: true, align: 'right' as const, priority: 1 as const,
      cell: (c: Channel) => <span data-above><MenuActions label={`Actions for ${c.name}`} actions={[old ? { label: 'Restore', onClick: () => { restore(c); } } : { label: 'Archive', danger: true, onClick: () => { archive(c); } }]} /></span>,
    }] : []),
  ];
  const make = can.make ? { label: 'New channel', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <Page title="Channels" crumbs={crumbs} primary={make} help={{ text: 'A channel is a way to people. E-mail is built in; any provider that takes a message by an HTTP request becomes a channel without code: say what is asked of it and what its answers mean.', guide: 'channels' }}>
      <Stack gap="md">
        <EmailCard />
        <ListView<Channel> saved name="channels" noun={{ one: 'channel', many: 'channels' }} query={query} state={state} columns={columns} rowKey={(c) => c.id} rowLabel={(c) => c.name} rowHref={(c) => paths.channel(c.id)}
          searchLabel="Search name or key" filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]}
          empty={<FirstUse icon={IconMessageCirclePlus} title="Reach people where they read" primary={make}
            text="A messenger bot, a provider of text messages, an app of your own: whatever takes a message by an HTTP request becomes a channel here, without code. Start from a preset, fill in its token, send yourself a message." />} />
      </Stack>
      <SideDrawer name="channel" size={720} right="channels:create" title="New channel">{(id) => (id === 'new' ? <NewChannel onCancel={drawer.close} /> : <Alert>Choose New channel.</Alert>)}</SideDrawer>
    </Page>
  );
}
