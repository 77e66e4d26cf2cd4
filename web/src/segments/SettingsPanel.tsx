import { Checkbox, Group, MultiSelect, NumberInput, Paper, Switch, Text, TextInput } from '@mantine/core';
import css from './segments.module.css';
import { scheduleWords, weekdayOptions, type Kind, type Schedule } from './model';
import type { Settings } from './useBuilder';

interface PanelProps { kind: Kind; zone: string; settings: Settings; onChange: (settings: Settings) => void; errors: ReadonlyMap<string, string> }

export function ScheduleFields({ schedule, zone, onChange, errors }: { schedule: Schedule | null; zone: string; onChange: (schedule: Schedule | null) => void; errors?: ReadonlyMap<string, string> }) {
  const set = (change: Partial<Schedule>) => { if (schedule) onChange({ ...schedule, ...change }); };
  return (
    <>
      <Switch label="Refill on a schedule" checked={schedule !== null} onChange={(event) => { onChange(event.currentTarget.checked ? { at: '03:00', weekdays: [] } : null); }} />
      {schedule && (
        <>
          <Group gap="xs" grow align="flex-start">
            <TextInput type="time" label="At" value={schedule.at} error={errors?.get('/schedule/at')} onChange={(event) => { set({ at: event.currentTarget.value }); }} />
            <TextInput type="date" label="Until" value={schedule.until ?? ''} error={errors?.get('/schedule/until')} onChange={(event) => { set({ until: event.currentTarget.value || null }); }} />
          </Group>
          <MultiSelect label="Only on" placeholder={schedule.weekdays?.length ? '' : 'every day'} data={weekdayOptions} value={schedule.weekdays ?? []} onChange={(days) => { set({ weekdays: days }); }} />
          <TextInput label="Time zone" placeholder={zone} value={schedule.timezone ?? ''} error={errors?.get('/schedule/timezone')} onChange={(event) => { set({ timezone: event.currentTarget.value || null }); }} />
        </>
      )}
      <Text size="xs" c="dimmed">Runs {scheduleWords(schedule, zone)}.</Text>
    </>
  );
}

/** Schedule, random part and limit. */
export function SettingsPanel({ kind, zone, settings, onChange, errors }: PanelProps) {
  const { range, limit } = settings;
  const part = (value: number | string, otherwise: number) => (typeof value === 'number' ? value : otherwise);
  return (
    <>
      {kind === 'updatable' && (
        <Paper className={css.rail ?? ''} component="section" aria-label="Schedule">
          <ScheduleFields schedule={settings.schedule} zone={zone} errors={errors} onChange={(schedule) => { onChange({ ...settings, schedule }); }} />
        </Paper>
      )}
      <Paper className={css.rail ?? ''} component="section" aria-label="Random part and limit">
        <Checkbox label="Only a random part" checked={range !== null} onChange={(event) => { onChange({ ...settings, range: event.currentTarget.checked ? { from: 0, to: 10 } : null }); }} />
        {range && (
          <Group gap="xs" grow align="flex-start">
            <NumberInput label="From %" min={0} max={100} decimalScale={2} value={range.from} error={errors.get('/range/from') ?? errors.get('/range')} onChange={(v) => { onChange({ ...settings, range: { ...range, from: part(v, 0) } }); }} />
            <NumberInput label="To %" min={0} max={100} decimalScale={2} value={range.to} error={errors.get('/range/to')} onChange={(v) => { onChange({ ...settings, range: { ...range, to: part(v, 100) } }); }} />
          </Group>
        )}
        <NumberInput label="At most" placeholder="no limit" min={1} thousandSeparator="," value={limit ?? ''} error={errors.get('/limit') ?? errors.get('/segment_limit')} onChange={(v) => { onChange({ ...settings, limit: typeof v === 'number' ? v : null }); }} />
        <Text size="xs" c="dimmed">Always the same people: 0–10 % and 10–20 % share nobody.</Text>
      </Paper>
    </>
  );
}
