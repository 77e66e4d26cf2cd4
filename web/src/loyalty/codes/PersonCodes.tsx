import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { AppLink, paths, Section, Time } from '@/kit';
import { CodeState } from './CodesTab';

const SHOWN = 5;

/** On a person's card: the promo codes they have or used, the last ones first. Nothing for who never had one. */
export function PersonCodes({ databaseId, profileId }: { databaseId: number; profileId: number }) {
  const opens = useCan('loyalty:read');
  const items = useQuery({
    queryKey: ['profiles', databaseId, profileId, 'promo-codes'],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/promo-codes', { params: { path: { database_id: databaseId, profile_id: profileId } }, signal })),
  }).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Promo codes">
      <Stack gap="xs">
        {items.slice(0, SHOWN).map((item) => (
          <Group key={`${item.pool_id}-${item.code}`} justify="space-between" wrap="nowrap" align="start">
            <div style={{ minWidth: 0 }}>
              <Text ff="monospace" style={{ overflowWrap: 'anywhere' }}>{item.code}</Text>
              <Text size="sm" c="dimmed">{opens ? <AppLink href={paths.promoCodePool(item.pool_id)}>{item.pool}</AppLink> : item.pool} · {item.activated_at ? <>used <Time value={item.activated_at} /></> : <>given <Time value={item.attached_at} /></>}</Text>
            </div>
            <div style={{ flex: 'none' }}><CodeState state={item.state} /></div>
          </Group>
        ))}
        {items.length > SHOWN && <Text size="sm" c="dimmed">and {items.length - SHOWN} earlier</Text>}
      </Stack>
    </Section>
  );
}
