import { Alert, Button, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { failToast, formatBytes, Loaded, Time, useAnnounce } from '@/kit';
import type { Feed } from './model';
import { ValueTree } from './ValueTree';

/** Some people of the database, to ask an address for that holds values of people. */
function usePeople(wanted: boolean) {
  const database = useDatabase();
  const found = useQuery({
    queryKey: ['profiles', 'choice', database?.id], enabled: wanted && database !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles', { params: { path: { database_id: database?.id ?? 0 }, query: { limit: 20 } }, signal })),
  });
  return { databaseId: database?.id ?? null, people: (found.data?.items ?? []) as { id: number; email?: string | null }[] };
}

/** What a feed gives: the last copy, or asked now; with `onPick` its values can be put into a template. */
export function FeedValues({ feed, onPick }: { feed: Feed; onPick?: (expression: string) => void }) {
  const canFetch = useCan('templates:update');
  const { databaseId, people } = usePeople(feed.personal);
  const [chosen, setChosen] = useState<string | null>(null);
  const person = chosen ?? (people[0] ? String(people[0].id) : null);
  const path = { params: { path: { feed_id: feed.id } } };
  const copy = useQuery({ queryKey: ['feeds', 'copy', feed.id], queryFn: ({ signal }) => ok(api.GET('/api/v1/feeds/{feed_id}/copy', { ...path, signal })) });
  const fetchNow = useAction({
    refresh: [['feeds']],
    run: (_: null, { headers }) => ok(api.POST('/api/v1/feeds/{feed_id}/fetch', { ...path, body: feed.personal ? { database_id: databaseId, profile_id: person === null ? null : Number(person) } : {}, headers })),
  });
  const answer = fetchNow.data;
  useAnnounce(answer ? answer.error ?? 'Fetched' : undefined);
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        {feed.personal && <Select label="For" placeholder="Choose a person" w={240} searchable value={person} onChange={setChosen} data={people.map((p) => ({ value: String(p.id), label: p.email ?? `profile ${p.id}` }))} />}
        {canFetch && feed.archived_at === null && <Button variant="default" loading={fetchNow.isPending} onClick={() => { fetchNow.mutate(null, { onError: failToast }); }}>Fetch now</Button>}
      </Group>
      {answer && <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{answer.url}, {answer.error ? 'no answer to show' : formatBytes(answer.size)} in {answer.took_ms} ms</Text>}
      {answer?.error && <Alert color="clay" title="It cannot be fetched">{answer.error}</Alert>}
      {!answer && feed.error && <Alert color="clay" title="The last try failed">{feed.error}</Alert>}
      <Loaded query={copy} what="the last copy">
        {(last) => (
          <Stack gap="xs">
            <ValueTree feed={feed.key} value={last.value} {...(onPick ? { onPick } : {})} />
            {last.fetched_at && <Text size="xs" c="dimmed">Last good copy: <Time value={last.fetched_at} />, {formatBytes(last.size)}</Text>}
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}
