import { Alert, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { Problem } from '@/api/problem';
import { useCan } from '@/api/session';
import { Time } from '@/kit';

/** Somebody else saved first; a name that is taken is no such thing. */
export const isConflict = (problem: Problem | null): boolean => problem?.status === 409 && problem.errors.some((e) => e.pointer === '/version');

/** Who changed the segment meanwhile and to what; the choice between theirs and mine. */
export function Conflict({ segmentId, onTheirs, onMine, busy }: { segmentId: number; onTheirs: () => void; onMine: () => void; busy: boolean }) {
  const canAudit = useCan('audit:read');
  const theirs = useQuery({
    queryKey: ['segments', segmentId, 'theirs'], gcTime: 0, retry: false,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments/{segment_id}', { params: { path: { segment_id: segmentId } }, signal })),
  }).data;
  const last = useQuery({
    queryKey: ['audit', 'segment', segmentId, 'last'], gcTime: 0, retry: false, enabled: canAudit,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/audit', { params: { query: { kind: 'segment', object_id: String(segmentId), limit: 1 } }, signal })),
  }).data?.items[0];
  const who = last?.object_id === String(segmentId) ? last.actor_name : undefined;
  return (
    <Alert color="marigold" title={<>{who ?? 'Somebody'} changed this segment{theirs ? <> <Time value={theirs.updated_at} /></> : ' meanwhile'}</>} role="alert">
      {theirs?.sentence && <Text mb="xs">{theirs.name}: {theirs.sentence}</Text>}
      <Text mb="xs" c="dimmed" size="xs">Theirs replaces what you have here; yours replaces what they saved.</Text>
      <Group gap="xs">
        <Button size="compact-sm" variant="default" onClick={onTheirs}>Take theirs</Button>
        <Button size="compact-sm" variant="default" loading={busy} onClick={onMine}>Keep mine</Button>
      </Group>
    </Alert>
  );
}
