import { Code, Group, Loader, Select, Stack, TagsInput, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { ActionButton, CopyButton, doneToast, failToast, Loaded, Time, useAnnounceChange } from '@/kit';
import { snippetOf, type WriteKey } from './model';

function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <Stack gap={4}>
      <Group justify="space-between"><Text size="sm" fw={500}>{label}</Text><CopyButton value={text} label={`Copy: ${label}`} /></Group>
      <Code block tabIndex={0} aria-label={label}>{text}</Code>
    </Stack>
  );
}

function Waiting({ writeKey }: { writeKey: WriteKey }) {
  const query = useQuery({
    queryKey: ['write-keys', writeKey.id, 'live'], refetchInterval: 5000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/write-keys/{key_id}', { params: { path: { key_id: writeKey.id } }, signal })),
  });
  const last = query.data?.last_used_at ?? null;
  useAnnounceChange(query.data && (last ? 'The first event has come' : 'Waiting for the first event'));
  return (
    <Group gap="xs">
      {last ? <><IconCircleCheck size={18} color="var(--mantine-color-moss-6)" /><Text size="sm">Received: the last event came <Time value={last} /></Text></>
        : <><Loader size="xs" /><Text size="sm">Waiting for the first event from your site…</Text></>}
    </Group>
  );
}

function Domains({ writeKey }: { writeKey: WriteKey }) {
  const [value, setValue] = useState(writeKey.domains);
  const save = useAction({ refresh: [['write-keys']], run: (domains: string[]) => ok(api.PATCH('/api/v1/write-keys/{key_id}', { params: { path: { key_id: writeKey.id } }, body: { domains } })) });
  const changed = value.join() !== writeKey.domains.join();
  return (
    <Stack gap="xs">
      <TagsInput label="Your sites" description="Events come from these hosts only, and clicks in mailings tell them which message led there" placeholder={value.length === 0 ? 'shop.example.org' : ''} value={value} onChange={setValue} splitChars={[',', ' ']} error={save.error?.errors[0]?.message} />
      {changed && <Group><ActionButton action={{ label: 'Save sites', onClick: () => { save.mutate(value, { onSuccess: (key) => { setValue(key.domains); doneToast('Sites saved'); }, onError: () => undefined }); } }} /></Group>}
    </Stack>
  );
}

/** How goals come from a site: the script of a write key, what to call, and whether anything has come yet. */
export function SiteCode({ databaseId }: { databaseId: number }) {
  const can = useCan('events:create');
  const [chosen, choose] = useState<string | null>(null);
  const query = useQuery({ queryKey: ['write-keys', databaseId], queryFn: ({ signal }) => ok(api.GET('/api/v1/write-keys', { params: { query: { database: databaseId, limit: 1000 } }, signal })) });
  const make = useAction({ refresh: [['write-keys']], run: (_: null, { headers }) => ok(api.POST('/api/v1/write-keys', { body: { database_id: databaseId, name: 'Website', kind: 'browser' }, headers })) });
  return (
    <Loaded query={query} what="the write keys">
      {({ items }) => {
        const keys = items.filter((key) => key.kind === 'browser');
        const key = keys.find((k) => String(k.id) === chosen) ?? keys[0];
        if (!key) {
          return (
            <Stack align="flex-start">
              <Text>A site needs a write key for browsers. It may only add events; it can be seen by everybody.</Text>
              {can ? <ActionButton action={{ label: 'Make a write key', onClick: () => { make.mutate(null, { onError: failToast }); } }} /> : <Text c="dimmed">Ask an integrator or owner to make one.</Text>}
            </Stack>
          );
        }
        const base = window.location.origin;
        return (
          <Stack gap="lg" key={key.id}>
            {keys.length > 1 && <Select label="Write key" data={keys.map((k) => ({ value: String(k.id), label: k.name }))} value={String(key.id)} allowDeselect={false} onChange={choose} />}
            <Domains writeKey={key} />
            <Snippet label="On every page, before </head>" text={snippetOf(base, key.key)} />
            <Snippet label="When somebody reaches a goal" text={"fidelia.goal('sign_up');\nfidelia.goal('order', 49.90, { color: 'red' });"} />
            <Snippet label="When you know who it is" text="fidelia.identify('customer 17');" />
            <Snippet label="Without a script" text={`${base}/s/${key.key}/goal.gif?goal=sign_up&u=customer17&id=1`} />
            <Waiting writeKey={key} />
          </Stack>
        );
      }}
    </Loaded>
  );
}
