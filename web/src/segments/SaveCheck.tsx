import { Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { Json } from '@/conditions';
import { AppLink, formatCount, Loaded, paths, Time } from '@/kit';
import type { Condition, SegmentDetail } from './model';

export type SaveAnswer = 'run' | 'save' | null;
interface CheckProps { segmentId: number; databaseId: number; zone: string; condition: Json; range: SegmentDetail['range']; limit: number | null; onAnswer: (answer: SaveAnswer) => void }

const nameOf = (person: Record<string, unknown>): string => [person.first_name, person.last_name].filter((part) => typeof part === 'string').join(' ') || (typeof person.email === 'string' ? person.email : `Profile ${String(person.profile_id)}`);

function Few({ title, people, databaseId, all }: { title: string; people: readonly Record<string, unknown>[]; databaseId: number; all: number }) {
  if (people.length === 0) return null;
  return (
    <div>
      <Text fw={550}>{title}</Text>
      <List size="sm" listStyleType="none" withPadding={false}>{people.map((person) => <List.Item key={String(person.profile_id)}><AppLink href={paths.profile(databaseId, Number(person.profile_id))}>{nameOf(person)}</AppLink></List.Item>)}</List>
      {all > people.length && <Text size="xs" c="dimmed">and {formatCount(all - people.length, 'other', 'others')}</Text>}
    </div>
  );
}

/** Before an updatable segment gets other rules: who would enter and leave, who uses it, and when. */
export function SaveCheck({ segmentId, databaseId, zone, condition, range, limit, onAnswer }: CheckProps) {
  const body = { condition: condition as NonNullable<Condition>, range, limit, rows: 5 };
  const query = useQuery({
    queryKey: ['segments', segmentId, 'diff', body], gcTime: 0, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/segments/{segment_id}/diff', { params: { path: { segment_id: segmentId } }, body, signal })),
  });
  const next = query.data?.next_run_at;
  return (
    <Modal opened onClose={() => { onAnswer(null); }} title="Save the new rules?" size={560} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <Loaded query={query} what="the difference">
          {(diff) => (
            <Stack gap="sm">
              <Text data-testid="diff">
                {diff.entered === 0 && diff.left === 0 ? 'Nobody would enter or leave: the new rules give the same list' : `${formatCount(diff.entered, 'person', 'people')} will enter and ${formatCount(diff.left, 'person', 'people')} leave`}
                {diff.entered + diff.left > 0 && ', '}{diff.entered + diff.left > 0 && `${formatCount(diff.stays, 'stays', 'stay')}: ${formatCount(diff.size, 'person', 'people')} in all`}.
              </Text>
              {diff.used_by.length > 0 && <Text>Used by {diff.used_by.join(', ')}.</Text>}
              <Group align="flex-start" gap="xl">
                <Few title="Enter" people={diff.preview_entered} all={diff.entered} databaseId={databaseId} />
                <Few title="Leave" people={diff.preview_left} all={diff.left} databaseId={databaseId} />
              </Group>
              <Text c="dimmed" size="xs">{diff.next_run_at ? <>The list changes at the next run, <Time value={diff.next_run_at} mode="absolute" zone={zone} showZone />, or at once.</> : 'No run is planned: the list changes when you recalculate it.'}</Text>
            </Stack>
          )}
        </Loaded>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => { onAnswer(null); }} data-autofocus>Back to the rules</Button>
          <Button variant="default" onClick={() => { onAnswer('save'); }}>{next ? 'Save, run as planned' : 'Save only'}</Button>
          <Button onClick={() => { onAnswer('run'); }}>Save and run now</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
