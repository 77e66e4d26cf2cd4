import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { Copyable, CopyButton, Details, doneToast, failToast, Loaded, Section, Time, ToneBadge } from '@/kit';
import { checkNames, checkTones, checkWords, keyState, type DkimKey } from './words';

function Key({ found }: { found: DkimKey }) {
  const can = useCan('senders:update');
  const path = { params: { path: { key_id: found.id } } };
  const refresh = [['sending-domains']];
  const look = useAction({ refresh, run: (_: undefined, { headers }) => ok(api.POST('/api/v1/senders/domains/{key_id}/check', { ...path, headers })) });
  const turn = useAction({ refresh, run: (active: boolean) => ok(api.PATCH('/api/v1/senders/domains/{key_id}', { ...path, body: { active } })) });
  const state = keyState(found);
  const published = found.checks.some((check) => check.what === 'dkim' && check.state === 'ok');
  return (
    <Stack gap="lg">
      <Details items={[['Domain', found.domain], ['State', <ToneBadge key="state" tone={state.tone}>{state.word}</ToneBadge>], ['Kind', found.algorithm], ['Made', <Time key="made" value={found.created_at} />]]} />
      <Section title="Publish this TXT record">
        <Stack gap="xs">
          <Text size="sm">Name</Text>
          <Copyable value={found.record_name} label="Copy the name" />
          <Group gap={4} justify="space-between"><Text size="sm">Value</Text><CopyButton value={found.record} label="Copy the value" /></Group>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{found.record}</Code>
        </Stack>
      </Section>
      <Section title="What the name servers say" {...(can ? { actions: <Button size="compact-sm" variant="default" leftSection={<IconRefresh size={14} />} loading={look.isPending} onClick={() => { look.mutate(undefined, { onError: failToast }); }}>Check again</Button> } : {})}>
        {found.checked_at === null ? <Text c="dimmed">Not asked yet. After you have published the record, it may take some minutes until it is seen.</Text> : (
          <Stack gap="md">
            {found.checks.map((check) => (
              <Stack key={check.what} gap={4}>
                <Group gap={8}><Text fw={550}>{checkNames[check.what]}</Text><ToneBadge tone={checkTones[check.state]}>{checkWords[check.state]}</ToneBadge></Group>
                <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{check.text}</Text>
              </Stack>
            ))}
            <Text size="xs" c="dimmed">Asked <Time value={found.checked_at} /></Text>
          </Stack>
        )}
      </Section>
      {can && (
        <Group>
          {found.active ? <Button variant="default" loading={turn.isPending} onClick={() => { turn.mutate(false, { onSuccess: () => { doneToast(`Mails from ${found.domain} are not signed any more`); }, onError: failToast }); }}>Stop signing</Button>
            : <Button variant={published ? 'filled' : 'default'} loading={turn.isPending} onClick={() => { turn.mutate(true, { onSuccess: () => { doneToast(`Mails from ${found.domain} are signed with this key`); }, onError: failToast }); }}>Sign with this key</Button>}
          {!found.active && !published && <Text size="sm" c="dimmed">Mails that are signed with a key that nobody can find look worse than unsigned ones.</Text>}
        </Group>
      )}
    </Stack>
  );
}

/** One key: what to publish, what is published, and whether it signs. */
export function DomainKey({ id }: { id: number }) {
  const query = useQuery({ queryKey: ['sending-domains', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/senders/domains/{key_id}', { params: { path: { key_id: id } }, signal })) });
  return <Loaded query={query} what="the key">{(found) => <Key found={found} />}</Loaded>;
}
