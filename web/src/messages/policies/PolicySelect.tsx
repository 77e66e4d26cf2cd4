import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { limitsText } from './limits';

interface Props { resourceId: string | null; value?: string | null; onChange?: (value: string | null) => void; error?: React.ReactNode }

/** Which frequency policy a mailing follows, and what that means. */
export function PolicySelect({ resourceId, ...input }: Props) {
  const can = useCan('policies:read');
  const query = useQuery({ queryKey: ['policies', 'all'], enabled: can, queryFn: ({ signal }) => ok(api.GET('/api/v1/policies', { params: { query: { limit: 1000 } }, signal })) });
  if (!can) return null;
  const policies = query.data?.items ?? [];
  const inherited = policies.find((p) => resourceId !== null && p.resource_ids.includes(Number(resourceId))) ?? policies.find((p) => p.is_default);
  const chosen = policies.find((p) => String(p.id) === input.value);
  const held = chosen ?? inherited;
  return (
    <Select label="Frequency policy" clearable searchable placeholder={inherited ? `${inherited.name} (inherited)` : 'None'} data={policies.map((p) => ({ value: String(p.id), label: p.name }))} {...input}
      description={query.data === undefined ? (query.isError ? 'The policies could not be looked up' : 'Looking up the policies…') : held ? `Who has had enough is left out: ${limitsText(held.limits)}` : 'Nobody is left out for having had too many messages'} />
  );
}
