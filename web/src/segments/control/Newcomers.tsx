import { Group, MultiSelect, Switch, Text, TextInput } from '@mantine/core';
import { scheduleWords, weekdayOptions, type Schedule } from '../model';

/** When people who came to the database are assigned. */
export function Newcomers({ schedule, zone, onChange, errors }: { schedule: Schedule | null; zone: string; onChange: (schedule: Schedule | null) => void; errors: ReadonlyMap<string, string> }) {
  const set = (change: Partial<Schedule>) => { if (schedule) onChange({ ...schedule, ...change }); };
  return (
    <>
      <Switch label="Assign newcomers on a schedule" checked={schedule !== null} onChange={(event) => { onChange(event.currentTarget.checked ? { at: '03:00', weekdays: [] } : null); }} />
      {schedule && (
        <Group gap="xs" grow align="flex-start">
          <TextInput type="time" label="At" value={schedule.at} error={errors.get('/schedule/at')} onChange={(event) => { set({ at: event.currentTarget.value }); }} />
          <MultiSelect label="Only on" placeholder={schedule.weekdays?.length ? '' : 'every day'} data={weekdayOptions} value={schedule.weekdays ?? []} onChange={(days) => { set({ weekdays: days }); }} />
        </Group>
      )}
      <Text size="xs" c="dimmed">Assigned {scheduleWords(schedule, zone)}.</Text>
    </>
  );
}
