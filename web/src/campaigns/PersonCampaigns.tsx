import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { AppLink, paths, Section, StateBadge } from '@/kit';

type PersonCampaign = components['schemas']['PersonCampaign'];

/** `In the test group`, `Was in the control group until the end`; without the side for who may not see campaigns. */
function place({ present, side, guest, state }: PersonCampaign): string {
  const how = guest ? ', brought by an activity' : '';
  const where = side === null ? 'in it' : `in the ${side} group`;
  if (!present) return state === 'completed' ? `Was ${where} until the end` : `Was ${where}, and has left`;
  return side === 'control' ? `Kept back ${where}${how}` : `I${where.slice(1)}${how}`;
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
            <div style={{ minWidth: 0 }}>
              <Text>{opens ? <AppLink href={paths.campaign(item.id)}>{item.name}</AppLink> : item.name}</Text>
              <Text size="sm" c="dimmed">{place(item)}</Text>
            </div>
            <div style={{ flex: 'none' }}><StateBadge state={item.state} size="sm" /></div>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
