import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { AppLink, paths, Section } from '@/kit';
import { Standing } from './Standing';

/** On a person's card: points and levels in every program they are in. Nothing for who is in none. */
export function PersonLoyalty({ databaseId, profileId }: { databaseId: number; profileId: number }) {
  const can = useCan('loyalty:read');
  const items = useQuery({
    queryKey: ['profiles', databaseId, profileId, 'loyalty'], enabled: can,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/loyalty', { params: { path: { database_id: databaseId, profile_id: profileId } }, signal })),
  }).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <>
      {items.map((item) => (
        <Section key={item.program_id} title={item.program} {...(item.member.state === 'active' ? {} : { text: 'Was removed from the program; points and level rest.' })}
          actions={<AppLink href={`${paths.members(item.program_id)}&drawer=member:${profileId}`}>Details</AppLink>}>
          <Stack gap="md"><Standing detail={item} /></Stack>
        </Section>
      ))}
    </>
  );
}
