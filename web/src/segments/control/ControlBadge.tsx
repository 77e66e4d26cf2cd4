import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { toProblem } from '@/api/problem';
import { AppLink, paths, ToneBadge } from '@/kit';

/** On a person's card: no messages reach them, and where that is decided. Nothing for everybody else. */
export function ControlBadge({ databaseId, profileId }: { databaseId: number; profileId: number }) {
  const place = useQuery({
    queryKey: ['control-group', databaseId, 'place', profileId], staleTime: 30_000,
    queryFn: async ({ signal }) => {
      try {
        return await ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/control-group', { params: { path: { database_id: databaseId, profile_id: profileId } }, signal }));
      } catch (error) {
        if (toProblem(error).status === 404) return null;
        throw error;
      }
    },
  }).data;
  if (place?.side !== 'control') return null;
  return <AppLink href={paths.controlGroup(databaseId)} style={{ textDecoration: 'none', maxWidth: '100%' }}><ToneBadge tone={place.active ? 'marigold' : 'gray'}>{place.active ? 'control group: no messages' : 'control group, switched off'}</ToneBadge></AppLink>;
}
