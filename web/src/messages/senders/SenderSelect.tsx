import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { ruleWords, useServers } from './model';

interface Props { value?: string | null; onChange?: (value: string | null) => void; error?: React.ReactNode }

/** By which virtual sender a mailing goes, and what that means. */
export function SenderSelect(input: Props) {
  const can = useCan('senders:read');
  const servers = useServers();
  const query = useQuery({ queryKey: ['senders', 'all'], enabled: can, queryFn: ({ signal }) => ok(api.GET('/api/v1/senders', { params: { query: { limit: 1000 } }, signal })) });
  const senders = query.data?.items ?? [], inherited = senders.find((s) => s.is_default);
  if (!can || (query.data && senders.length === 0 && !input.value)) return null;
  const chosen = senders.find((s) => String(s.id) === input.value) ?? inherited;
  const names = new Map((servers ?? []).map((server) => [server.id, server.name]));
  const words = chosen ? chosen.rules.map((rule) => ruleWords(rule, names)).join('; ') : 'All mails go by the server of the settings file';
  return (
    <Select label="Virtual sender" clearable searchable placeholder={inherited ? `${inherited.name} (default)` : 'None'} data={senders.map((s) => ({ value: String(s.id), label: s.name }))} {...input}
      description={query.data === undefined || servers === undefined ? (query.isError ? 'The virtual senders could not be looked up' : 'Looking up the virtual senders…') : words} />
  );
}
