import { Chip, Group, Select, Switch, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { scheduleWords, weekdayOptions, type Schedule } from './model';
import css from './segments.module.css';

const zones = (own: string) => [own, ...['UTC', ...Intl.supportedValuesOf('timeZone')].filter((z, i, all) => z !== own && all.indexOf(z) === i)];

interface FieldsProps { schedule: Schedule | null; zone: string; onChange: (schedule: Schedule | null) => void; errors?: ReadonlyMap<string, string>; label?: string; more?: ReactNode; words?: string }

/** When a list is refilled: days, time, zone, and the day after which it no longer is. */
export function ScheduleFields({ schedule, zone, onChange, errors, label = 'Refill on a schedule', more, words = scheduleWords(schedule, zone) }: FieldsProps) {
  const set = (change: Partial<Schedule>) => { if (schedule) onChange({ ...schedule, ...change }); };
  const days = schedule?.weekdays ?? [];
  return (
    <>
      <Switch label={label} checked={schedule !== null} onChange={(event) => { onChange(event.currentTarget.checked ? { at: '03:00', weekdays: [] } : null); }} />
      {schedule && (
        <>
          <div role="group" aria-label="Only on these days">
            <Text size="sm" fw={550} mb={4}>Days</Text>
            <Chip.Group multiple value={days} onChange={(next) => { set({ weekdays: next }); }}>
              <div className={css.days}>{weekdayOptions.map((d) => <Chip key={d.value} value={d.value} size="xs" radius="sm" aria-label={d.label}>{d.label.slice(0, 2)}</Chip>)}</div>
            </Chip.Group>
          </div>
          <Group gap="xs" grow align="flex-start">
            <TextInput type="time" label="At" value={schedule.at} error={errors?.get('/schedule/at')} onChange={(event) => { set({ at: event.currentTarget.value }); }} />
            <TextInput type="date" label="Switch off after" value={schedule.until ?? ''} error={errors?.get('/schedule/until')} onChange={(event) => { set({ until: event.currentTarget.value || null }); }} />
          </Group>
          {more}
          <Select label="Time zone" searchable limit={50} data={zones(zone)} allowDeselect={false} value={schedule.timezone ?? zone} error={errors?.get('/schedule/timezone')} onChange={(value) => { set({ timezone: value === zone ? null : value }); }} />
        </>
      )}
      <Text size="xs" c="dimmed">Runs {words}.</Text>
    </>
  );
}
