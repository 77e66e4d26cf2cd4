import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { AppLink, paths, Section, StateBadge, ToneBadge } from '@/kit';

type PersonCampaign = components['schemas']['PersonCampaign'];

/** `In the test group`, `Was in it, and has left`; without the side for who may not see campaigns. */
function place({ present, side, guest, state }: PersonCampaign): string {
  const how = guest ? ', brought by an activity' : '';
  if (!present) return state === 'completed' ? 'Was in it until its end' : 'Was in it, and has left';
  return side === 'test' ? `In the test group${how}` : side === 'control' ? `Kept back, gets nothing of it${how}` : `In it${how}`;
}

/** On a person's card: the campaigns they are or were in. Nothing for who was never in one. */
export function PersonCampaigns({ databaseId, profileId }: { databaseId: number; profileId: number }) {
  const opens = useCan('campaigns:read');
  const items = useQuery({
    queryKey: ['profiles', databaseId, profileId, 'campaigns'],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/campaigns', { params: { path: { database_id: databaseId, profile_id: profileId } }, signal })),
  }).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Campaigns">
      <Stack gap="xs">
        {items.map((item) => (
          <Group key={item.id} justify="space-between" wrap="nowrap" align="start">
            <div>
              <Text>{opens ? <AppLink href={paths.campaign(item.id)}>{item.name}</AppLink> : item.name}</Text>
              <Text size="sm" c="dimmed">{place(item)}</Text>
            </div>
            <Group gap="xs" wrap="nowrap" style={{ flex: 'none' }}>
              {item.side === 'control' && <ToneBadge tone="marigold">control group</ToneBadge>}
              <StateBadge state={item.state} size="sm" />
            </Group>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
