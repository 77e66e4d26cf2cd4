import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, Section, Time } from '@/kit';
import { scheduleWords, type Schedule, type SegmentDetail } from './model';
import { ScheduleFields } from './ScheduleFields';

/** When the rules refill the list, in words, and a way to change it. */
export function ScheduleTab({ segment, zone }: { segment: SegmentDetail; zone: string }) {
  const [draft, setDraft] = useState<Schedule | null>(segment.schedule);
  const [editing, setEditing] = useState(false);
  const can = useCan('segments:update');
  const save = useAction({
    refresh: [['segments']], run: (schedule: Schedule | null, { headers }) => ok(api.PATCH('/api/v1/segments/{segment_id}', { params: { path: { segment_id: segment.id } }, body: { schedule, version: segment.version }, headers })),
    onDone: () => { setEditing(false); doneToast('Schedule saved'); },
  });
  const errors = new Map((save.error?.errors ?? []).map((e) => [e.pointer, e.message]));
  const words = scheduleWords(segment.schedule, zone);
  return (
    <Section title={`${words.charAt(0).toUpperCase()}${words.slice(1)}`} actions={can && !editing && <Button variant="default" size="compact-sm" onClick={() => { setDraft(segment.schedule); setEditing(true); }}>Change schedule</Button>}>
      {segment.next_run_at ? <Text>Next run <Time value={segment.next_run_at} mode="absolute" zone={segment.schedule?.timezone ?? zone} showZone /></Text> : <Text c="dimmed">No run is planned.</Text>}
      {editing && (
        <Stack gap="sm" maw={420}>
          <ScheduleFields schedule={draft} zone={zone} onChange={setDraft} errors={errors} />
          <Group gap="xs">
            <Button loading={save.isPending} onClick={() => { save.mutate(draft, { onError: (problem) => { if (problem.errors.length === 0) failToast(problem); } }); }}>Save schedule</Button>
            <Button variant="default" onClick={() => { setEditing(false); }}>Cancel</Button>
          </Group>
        </Stack>
      )}
    </Section>
  );
}
