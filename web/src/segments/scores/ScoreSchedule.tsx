import { Group, MultiSelect, Switch, Text, TextInput } from '@mantine/core';
import { scheduleWords, weekdayOptions, type Schedule } from '../model';

/** When a score is computed: every day or on some, at a time, in the database's zone unless another was chosen. */
export function ScoreSchedule({ schedule, zone, onChange, errors }: { schedule: Schedule | null; zone: string; onChange: (schedule: Schedule | null) => void; errors: ReadonlyMap<string, string> }) {
  const set = (change: Partial<Schedule>) => { if (schedule) onChange({ ...schedule, ...change }); };
  return (
    <>
      <Switch label="Compute on a schedule" checked={schedule !== null} onChange={(event) => { onChange(event.currentTarget.checked ? { at: '03:00', weekdays: [] } : null); }} />
      {schedule && (
        <>
          <Group gap="xs" grow align="flex-start">
            <TextInput type="time" label="At" value={schedule.at} error={errors.get('/schedule/at')} onChange={(event) => { set({ at: event.currentTarget.value }); }} />
            <TextInput type="date" label="Switch off after" value={schedule.until ?? ''} error={errors.get('/schedule/until')} onChange={(event) => { set({ until: event.currentTarget.value || null }); }} />
          </Group>
          <MultiSelect label="Only on" placeholder={schedule.weekdays?.length ? '' : 'every day'} data={weekdayOptions} value={schedule.weekdays ?? []} onChange={(days) => { set({ weekdays: days }); }} />
          <TextInput label="Time zone" description="Empty: the database’s own" placeholder={zone} value={schedule.timezone ?? ''} error={errors.get('/schedule/timezone')} onChange={(event) => { set({ timezone: event.currentTarget.value || null }); }} />
        </>
      )}
      <Text size="xs" c="dimmed">Runs {scheduleWords(schedule, zone)}.</Text>
    </>
  );
}
