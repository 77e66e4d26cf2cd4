import { IconSpeakerphone } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { channelName, consentChannels, useChannels } from '@/channels/model';
import { FirstUse, ListPage, NeedDatabase, NO_VALUE, paths, SkeletonText, StateBadge, Time, useListState, type Column } from '@/kit';
import { useResources } from './model';

type Subscription = components['schemas']['Subscription'];

const statuses = ['subscribed', 'unconfirmed', 'suspended', 'unsubscribed', 'bounced', 'complained', 'deleted'].map((value) => ({ value, label: value.replace(/^./, (c) => c.toUpperCase()) }));

/** Who agreed to what, and who has left: the subscriptions that the figures of consent count. */
export function SubscriptionsPage() {
  const state = useListState();
  const database = useDatabase(), databases = useDatabases();
  const resources = useResources();
  const known = useChannels();
  const id = database?.id;
  const { resource, channel, status, q, sort } = state.params;
  const query = useList<Subscription>(['subscriptions', id, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/subscriptions', {
    params: { query: { database: id ?? 0, limit, ...(q ? { q } : {}), ...(sort ? { sort } : {}), ...(resource ? { resource: Number(resource) } : {}), ...(channel ? { channel } : {}), ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) } }, signal,
  })), { enabled: id !== undefined });
  const crumbs = [{ label: 'Consent', href: paths.consent() }];
  if (databases?.length === 0) return <NeedDatabase title="Subscriptions" crumbs={crumbs} why="Subscriptions belong to the people of a database." />;
  const columns: Column<Subscription>[] = [
    { key: 'contact', header: 'Contact', cell: (s) => s.contact },
    { key: 'status', header: 'State', priority: 1, cell: (s) => <StateBadge state={s.status} size="sm" /> },
    { key: 'resource', header: 'Resource', priority: 2, cell: (s) => (resources ? resources.find((r) => r.id === s.resource_id)?.name ?? `Resource ${s.resource_id}` : <SkeletonText />) },
    { key: 'channel', header: 'Channel', priority: 2, cell: (s) => channelName(s.channel, known) },
    { key: 'reason', header: 'Why', priority: 3, cell: (s) => s.status_reason || NO_VALUE },
    { key: 'rests', header: 'Rests until', priority: 3, hidden: true, cell: (s) => <Time value={s.paused_until} mode="date" /> },
    { key: 'since', header: 'Since', sort: 'id', priority: 3, cell: (s) => <Time value={s.created_at} /> },
    { key: 'updated', header: 'Changed', priority: 3, cell: (s) => <Time value={s.updated_at} /> },
  ];
  return (
    <ListPage<Subscription> name="subscriptions" title="Subscriptions" crumbs={crumbs} noun={{ one: 'subscription', many: 'subscriptions' }} query={query} state={state} columns={columns} rowKey={(s) => s.id} rowLabel={(s) => s.contact} rowHref={(s) => paths.profile(s.database_id, s.profile_id)}
      searchLabel="Search by the beginning of a contact" facts={[database && `People of ${database.name}`]}
      filters={[{ key: 'resource', label: 'Resource', options: (resources ?? []).map((r) => ({ value: String(r.id), label: r.name })) }, { key: 'channel', label: 'Channel', options: consentChannels(known) }, { key: 'status', label: 'State', options: statuses }]}
      help={{ text: 'One line for each contact of somebody in each resource. A person with two addresses stands here twice.' }}
      empty={<FirstUse icon={IconSpeakerphone} title="Nobody has subscribed yet" text="People subscribe on your forms, by the API or by an import; what they agreed to, how and when, stands here." />} />
  );
}
