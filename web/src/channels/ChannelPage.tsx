import { Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { AppLink, doneToast, failToast, Loaded, named, Page, paths, Section, SideDrawer, SmallTable, StateBadge, Time, ToneBadge, undoToast, useDrawer, useGo, useIdParam, type Column, type Crumb, type PageAction } from '@/kit';
import { ChannelForm } from './builder/ChannelForm';
import { iconOf, refresh, useChannel, type Channel } from './model';
import { TryPanel } from './TryPanel';

type Use = components['schemas']['ChannelUse'];

const places = { mailing: paths.mailing, template: paths.template, resource: paths.resource } as const;
const columns: Column<Use>[] = [
  { key: 'name', header: 'Name', cell: (use) => <AppLink href={places[use.kind](use.id)}>{use.name}</AppLink> },
  { key: 'kind', header: 'Kind', priority: 2, cell: (use) => use.kind.charAt(0).toUpperCase() + use.kind.slice(1) },
  { key: 'state', header: 'State', priority: 1, cell: (use) => <StateBadge state={use.state} size="sm" /> },
];

function UsedBy({ channel }: { channel: Channel }) {
  const query = useQuery({ queryKey: ['channels', channel.id, 'used-by'], queryFn: ({ signal }) => ok(api.GET('/api/v1/channels/{channel_id}/used-by', { params: { path: { channel_id: channel.id } }, signal })) });
  return (
    <Section title="Used by">
      <Loaded query={query} what="what uses the channel">
        {({ items }) => (items.length === 0 ? <Text c="dimmed">No template, mailing or resource uses it yet.</Text> : <SmallTable label="What uses the channel" columns={columns} rows={items} rowKey={(use) => `${use.kind}${use.id}`} />)}
      </Loaded>
    </Section>
  );
}

/** Whether a channel can send: archived ones and those that lack a setting cannot. */
export function Standing({ channel }: { channel: Channel }) {
  if (channel.archived_at !== null) return <StateBadge state="archived" size="sm" />;
  return channel.missing.length > 0 ? <ToneBadge tone="marigold" icon={IconAlertTriangle}>Not ready</ToneBadge> : <StateBadge state="active" label="Ready" size="sm" />;
}

/** Archives a channel, with a way back. */
export function useArchiving() {
  const path = (id: number) => ({ params: { path: { channel_id: id } } });
  const archive = useAction({ refresh, run: (channel: Channel) => ok(api.DELETE('/api/v1/channels/{channel_id}', path(channel.id))) });
  const restore = useAction({ refresh, run: (channel: Channel, { headers }) => ok(api.POST('/api/v1/channels/{channel_id}/restore', { ...path(channel.id), headers })) });
  return {
    archive: (channel: Channel, onDone?: () => void) => { archive.mutate(channel, { onSuccess: () => { undoToast(`${channel.name} archived`, () => restore.mutateAsync(channel)); onDone?.(); }, onError: failToast }); },
    restore: (channel: Channel) => { restore.mutate(channel, { onSuccess: () => { doneToast(`${channel.name} is back`); }, onError: failToast }); },
  };
}

/** One channel: its builder, what it would ask of the provider, and a message to try it with. */
export function ChannelPageBody({ crumbs }: { crumbs: readonly Crumb[] }) {
  const id = useIdParam('channelId');
  const query = useChannel(id), channel = query.data;
  const go = useGo();
  const drawer = useDrawer('try');
  const [dirty, setDirty] = useState(false);
  const can = { update: useCan('channels:update'), run: useCan('channels:run'), remove: useCan('channels:delete') };
  const { archive, restore } = useArchiving();
  const old = channel?.archived_at !== null && channel !== undefined;
  const menu: PageAction[] = channel && can.remove ? [old ? { label: 'Restore', onClick: () => { restore(channel); } } : { label: 'Archive', danger: true, onClick: () => { archive(channel, () => { go(paths.settings('channels')); }); } }] : [];
  const Mark = channel && iconOf(channel);
  return (
    <Page title={named(query, (found) => found.name, 'Channel')} crumbs={[...crumbs, { label: 'Channels', href: paths.settings('channels') }]} menu={menu}
      badges={channel && <>{Mark && <Mark size={22} aria-hidden="true" />}<Standing channel={channel} /></>}
      facts={channel ? [<>called <ToneBadge key="k">{channel.key}</ToneBadge> in the API</>, <>changed <Time key="t" value={channel.updated_at} /></>] : []}
      primary={channel && can.run && !old ? { label: 'Try it', onClick: () => { drawer.open('now'); } } : undefined}
      help={{ text: 'A channel is a definition: which request sends a message, and what answers and later events mean. Nothing is programmed; changes count from the next message on.', guide: 'channels' }}>
      <Loaded query={query} what="the channel">
        {(found) => (
          <>
            <ChannelForm key={found.id} channel={found} canUpdate={can.update && !old} onDirty={setDirty} />
            <UsedBy channel={found} />
          </>
        )}
      </Loaded>
      <SideDrawer name="try" size={720} right="channels:run" title="Try it with one message">{() => (channel ? <TryPanel channel={channel} unsaved={dirty} /> : null)}</SideDrawer>
    </Page>
  );
}
