import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { Details, failToast, formatNumber, Loaded, Section, Time, ToneBadge, useAnnounce } from '@/kit';
import { addressOf, serverState, type MailServer, type ServerTest } from './model';

function Outcome({ test }: { test: ServerTest }) {
  const verdict = test.ok ? 'The server takes mails' : 'The server cannot be used like this';
  useAnnounce(verdict);
  return (
    <Stack gap="sm">
      {test.ok ? <Alert color="moss" title={verdict}>It answered in {formatNumber(test.took_ms)} ms{test.extensions.length > 0 && <> and offers {test.extensions.map((name) => name.split(' ')[0]).join(', ')}</>}.</Alert>
        : <Alert color="clay" title={verdict}><Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{test.error}</Code></Alert>}
      {test.steps.length > 0 && <Text size="sm" c="dimmed">Went well: {test.steps.join(' → ')}</Text>}
    </Stack>
  );
}

function Connection({ server }: { server: MailServer }) {
  const can = useCan('senders:update');
  const test = useAction({ refresh: [['mail-servers']], run: (_: undefined, { headers }) => ok(api.POST('/api/v1/senders/servers/{server_id}/test', { params: { path: { server_id: server.id } }, headers })) });
  const earlier = server.tested_at !== null && !test.data;
  return (
    <Section title="Connection" {...(can ? { actions: <Button size="compact-sm" variant="default" leftSection={<IconPlugConnected size={14} />} loading={test.isPending} onClick={() => { test.mutate(undefined, { onError: failToast }); }}>Test connection</Button> } : {})}>
      {test.data && <Outcome test={test.data} />}
      {earlier && server.test_error === null && <Text>The last test went well <Time value={server.tested_at} />.</Text>}
      {earlier && server.test_error !== null && <Alert color="clay" title="The last test failed"><Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{server.test_error}</Code></Alert>}
      {!test.data && server.tested_at === null && <Text c="dimmed">A test connects, encrypts and signs in as a sender does, and sends nothing.</Text>}
    </Section>
  );
}

function Panel({ server, onEdit }: { server: MailServer; onEdit: () => void }) {
  const can = useCan('senders:update');
  const { tone, word } = serverState(server);
  return (
    <Stack gap="lg">
      {server.builtin && <Text c="dimmed">{server.host ? 'This server stands in the settings file of the installation ([smtp]) and is changed there.' : 'No mail server stands in the settings file: mails by it are caught in the mailbox and delivered to nobody.'}</Text>}
      <Details items={[
        ['Name', server.name], ['State', <ToneBadge key="state" tone={tone}>{word}</ToneBadge>], ['Server', addressOf(server)], ...(server.host ? [['Encryption', server.tls === 'none' ? 'none' : server.tls.toUpperCase()] as const, ['User', server.username || 'signs in as nobody'] as const] : []),
        ['Connections', formatNumber(server.connections)], ['Mails a second', server.rate > 0 ? formatNumber(server.rate) : 'no limit'],
        ...server.domain_rates.map((group) => [`To ${group.domains.join(', ')}`, `${formatNumber(group.rate)} a second`] as const),
        ...(server.builtin ? [] : [['Used by', server.used_by.join(', ') || 'no virtual sender'] as const]),
      ].map(([label, value]) => [label, value] as [string, React.ReactNode])} />
      <Connection server={server} />
      {can && !server.builtin && <Group><Button variant="default" onClick={onEdit}>Edit server</Button></Group>}
    </Stack>
  );
}

/** One mail server: how it is reached, what a test of it says, who uses it. */
export function ServerPanel({ id, onEdit }: { id: number; onEdit: () => void }) {
  const query = useServer(id);
  return <Loaded query={query} what="the mail server">{(server) => <Panel server={server} onEdit={onEdit} />}</Loaded>;
}

export function useServer(id: number) {
  return useQuery({ queryKey: ['mail-servers', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/senders/servers/{server_id}', { params: { path: { server_id: id } }, signal })) });
}

