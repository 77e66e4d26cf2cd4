import { Group, Select, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, Loaded, MenuActions, Section, Time, ToneBadge } from '@/kit';
import { statusTone, useResources, type Subscription } from './model';

/** What a person agreed to, by resource and channel. */
export function ProfileConsent({ databaseId, profileId, email }: { databaseId: number; profileId: number; email: string | null }) {
  const canUpdate = useCan('consent:update'), canCreate = useCan('consent:create');
  const resources = useResources() ?? [];
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
  const missing = resources.filter((r) => r.channels.includes('email') && !query.data?.items.some((s) => s.resource_id === r.id && s.channel === 'email'));
  return (
    <Section title="Consent">
      <Loaded query={query} what="the subscriptions">
        {(reply) => (
          <Stack>
            {reply.items.length === 0 ? <Text c="dimmed">No subscription to any resource</Text> : (
              <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
                <Table verticalSpacing="xs">
                  <Table.Thead><Table.Tr><Table.Th>Resource</Table.Th><Table.Th>Contact</Table.Th><Table.Th>State</Table.Th><Table.Th>Since</Table.Th><Table.Th aria-label="Actions" /></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {reply.items.map((s) => (
                      <Table.Tr key={s.id}>
                        <Table.Td>{resources.find((r) => r.id === s.resource_id)?.name ?? `Resource ${s.resource_id}`}</Table.Td>
                        <Table.Td>{s.contact} <Text span size="xs" c="dimmed">{s.channel === 'email' ? 'e-mail' : s.channel.toUpperCase()}</Text></Table.Td>
                        <Table.Td><ToneBadge tone={statusTone(s.status)}>{s.status}</ToneBadge> {s.status_reason && <Text span size="xs" c="dimmed">{s.status_reason}</Text>}</Table.Td>
                        <Table.Td><Time value={s.updated_at} /></Table.Td>
                        <Table.Td ta="right">{canUpdate && <MenuActions label={`Actions for ${s.contact}`} actions={s.status === 'subscribed' ? [{ label: 'Unsubscribe…', onClick: () => void ask(s, 'unsubscribed') }, { label: 'Suspend…', onClick: () => void ask(s, 'suspended') }] : [{ label: 'Subscribe…', onClick: () => void ask(s, 'subscribed') }]} />}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )}
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
