import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { IconLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AddSubscription } from '@/channels/AddSubscription';
import { channelName, useChannels } from '@/channels/model';
import { confirmConsequence, doneToast, failToast, Loaded, MenuActions, Section, SkeletonText, SmallTable, Time, type Column } from '@/kit';
import { useResources, type Subscription } from './model';
import { SubscriptionState, useConsentDeeds } from './optin/SubscriptionState';

/** What a person agreed to, by resource and channel. */
export function ProfileConsent({ databaseId, profileId, email }: { databaseId: number; profileId: number; email: string | null }) {
  const canUpdate = useCan('consent:update'), canCreate = useCan('consent:create');
  const known = useResources(), resources = known ?? [];
  const key = ['profiles', databaseId, profileId, 'subscriptions'];
  const query = useQuery({ queryKey: key, queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/subscriptions', { params: { path: { database_id: databaseId, profile_id: profileId }, query: { limit: 1000 } }, signal })) });
  const change = useAction({
    refresh: [key, ['profiles']],
    run: ({ id, status }: { id: number; status: 'subscribed' | 'unsubscribed' | 'suspended' }) => ok(api.PATCH('/api/v1/subscriptions/{subscription_id}', { params: { path: { subscription_id: id } }, body: { status, reason: 'by hand' } })),
  });
  const add = useAction({
    refresh: [key, ['profiles']],
    run: (resource: number, { headers }) => ok(api.POST('/api/v1/subscriptions', { body: { database_id: databaseId, profile_id: profileId, resource_id: resource, channel: 'email', status: 'subscribed' }, headers })),
  });
  const ask = async (subscription: Subscription, status: 'subscribed' | 'unsubscribed' | 'suspended') => {
    const raise = status === 'subscribed';
    const yes = await confirmConsequence({
      title: raise ? `Subscribe ${subscription.contact} again?` : `${status === 'unsubscribed' ? 'Unsubscribe' : 'Suspend'} ${subscription.contact}?`,
      body: raise ? 'Only do this when the person asked for it: they left, or never agreed.' : 'They get nothing more from this resource on this channel.',
      action: raise ? 'Subscribe' : status === 'unsubscribed' ? 'Unsubscribe' : 'Suspend', keep: 'Leave it',
    });
    if (yes) change.mutate({ id: subscription.id, status }, { onSuccess: () => { doneToast('Consent changed'); }, onError: failToast });
  };
  const asked = useQuery({ queryKey: [...key, 'confirmations'], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/confirmations', { params: { path: { database_id: databaseId, profile_id: profileId } }, signal })) }).data?.items ?? [];
  const deeds = useConsentDeeds(databaseId, profileId, key);
  const channels = useChannels();
  const missing = resources.filter((r) => r.channels.includes('email') && !query.data?.items.some((s) => s.resource_id === r.id && s.channel === 'email'));
  const columns: Column<Subscription>[] = [
    { key: 'resource', header: 'Resource', cell: (s) => <>{known ? resources.find((r) => r.id === s.resource_id)?.name ?? `Resource ${s.resource_id}` : <SkeletonText />}<Text size="xs" c="dimmed">{channelName(s.channel, channels)} to {s.contact}</Text></> },
    { key: 'status', header: 'State', priority: 1, cell: (s) => <SubscriptionState subscription={s} asked={asked} /> },
    { key: 'since', header: 'Since', priority: 2, cell: (s) => <><Time value={s.updated_at} />{s.status_reason && <Text size="xs" c="dimmed">{s.status_reason}</Text>}</> },
    ...(canUpdate ? [{
      key: 'actions', header: 'Actions', align: 'right' as const, priority: 1 as const,
      cell: (s: Subscription) => <MenuActions label={`Actions for ${s.contact}`} actions={[...deeds.of(s), ...(s.status === 'subscribed' ? [{ label: 'Unsubscribe…', onClick: () => void ask(s, 'unsubscribed') }, { label: 'Suspend…', onClick: () => void ask(s, 'suspended') }] : [{ label: 'Subscribe…', onClick: () => void ask(s, 'subscribed') }])]} />,
    }] : []),
  ];
  return (
    <Section title="Consent">
      <Loaded query={query} what="the subscriptions">
        {(reply) => (
          <Stack>
            {reply.items.length === 0 ? <Text c="dimmed">No subscription to any resource</Text> : (
              <SmallTable label="Subscriptions" columns={columns} rows={reply.items} rowKey={(s) => s.id} />
            )}
            {canUpdate && <Group><Button variant="default" size="xs" leftSection={<IconLink size={14} />} onClick={deeds.copyLink}>Copy link to their preference page</Button></Group>}
            {canCreate && <AddSubscription databaseId={databaseId} profileId={profileId} resources={resources} refresh={[key, ['profiles']]} />}
            {canCreate && email && missing.length > 0 && (
              <Group><Select aria-label="Subscribe to a resource" placeholder="Subscribe to…" data={missing.map((r) => ({ value: String(r.id), label: r.name }))} value={null}
                onChange={(value) => { if (value) add.mutate(Number(value), { onSuccess: () => { doneToast('Subscribed'); }, onError: failToast }); }} /></Group>
            )}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}
