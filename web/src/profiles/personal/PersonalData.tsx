import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { failToast, JobProgress, Time } from '@/kit';

/** Files with everything about a person, to be handed to them. */
export function PersonalData({ databaseId, profileId }: { databaseId: number; profileId: number }) {
  const [job, setJob] = useState<string | null>(null);
  const path = { database_id: databaseId, profile_id: profileId };
  const query = useQuery({ queryKey: ['personal-data', databaseId, profileId], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/personal-data', { params: { path }, signal })), refetchInterval: (q) => (q.state.data?.items.some((e) => !e.url) ? 1500 : false) });
  const start = useAction({ refresh: [['personal-data']], run: (_: undefined, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/profiles/{profile_id}/personal-data', { params: { path }, headers })) });
  const items = query.data?.items ?? [];
  const waiting = items.find((e) => !e.url);
  return (
    <Stack>
      <Text>A zip with everything that is held about this person: a page that anybody can read, and the same as JSON. It is kept for a week and goes with the person.</Text>
      <Group><Button loading={start.isPending} onClick={() => { start.mutate(undefined, { onSuccess: (done) => { setJob(done.job.id); }, onError: failToast }); }}>Write the file</Button></Group>
      {job && waiting && <JobProgress id={job} />}
      {items.filter((e) => e.url).map((e) => (
        <Group key={e.id} justify="space-between"><Anchor href={e.url ?? '#'} download>Download the zip</Anchor><Text size="sm" c="dimmed"><Time value={e.finished_at} /> by {e.actor}</Text></Group>
      ))}
    </Stack>
  );
}
