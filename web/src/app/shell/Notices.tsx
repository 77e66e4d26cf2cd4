import { Alert, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, failToast } from '@/kit';

const tones = { info: 'fjord', warning: 'marigold', critical: 'clay' } as const;

/** What the installation has to say, above every page until somebody has read it. */
export function Notices() {
  const sees = useCan('profiles:read'), canDismiss = useCan('profiles:update');
  const query = useQuery({ queryKey: ['notices'], enabled: sees, refetchInterval: 60_000, queryFn: ({ signal }) => ok(api.GET('/api/v1/notices', { signal })) });
  const dismiss = useAction({ refresh: [['notices']], run: (id: number) => ok(api.POST('/api/v1/notices/{notice_id}/dismiss', { params: { path: { notice_id: id } } })) });
  const items = query.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Stack gap="xs" p="md" pb={0} role="region" aria-label="Notices">
      {items.map((n) => (
        <Alert key={n.id} color={tones[n.level]} title={n.title} withCloseButton={canDismiss} closeButtonLabel={`Dismiss: ${n.title}`} onClose={() => { dismiss.mutate(n.id, { onError: failToast }); }}>
          <Text size="sm">{n.body} {n.link && <AppLink href={n.link}>Look</AppLink>}</Text>
        </Alert>
      ))}
    </Stack>
  );
}
