import { Chip, Group, Stack, Text, TextInput } from '@mantine/core';
import type { Definition } from './model';
import { momentOf, wallOf } from './zoned';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** From when to when, on which days, at what hours. */
export function WhenFields({ definition, zone, errors, change }: { definition: Definition; zone: string; errors: ReadonlyMap<string, string>; change: (part: Partial<Definition>) => void }) {
  const hours = definition.hours ?? { weekdays: [], start: null, end: null };
  const set = (part: Partial<typeof hours>) => {
    const next = { ...hours, ...part };
    change({ hours: next.weekdays?.length || next.start || next.end ? next : null });
  };
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-start" wrap="wrap">
        <TextInput label="From" description={`By the clock of ${zone}; empty: at once`} type="datetime-local" value={wallOf(definition.starts_at, zone)} error={errors.get('/starts_at')} onChange={(event) => { change({ starts_at: momentOf(event.currentTarget.value, zone) }); }} />
        <TextInput label="Until" description={`By the clock of ${zone}; empty: open`} type="datetime-local" value={wallOf(definition.ends_at, zone)} error={errors.get('/ends_at')} onChange={(event) => { change({ ends_at: momentOf(event.currentTarget.value, zone) }); }} />
      </Group>
      <div role="group" aria-label="Weekdays">
        <Text size="sm" mb={4}>On these days <Text span c="dimmed" size="sm">(none: any day, by the clock of {zone})</Text></Text>
        <Group gap={6}>{DAYS.map((day) => <Chip key={day} size="xs" checked={hours.weekdays?.includes(day) === true} onChange={(on) => { set({ weekdays: DAYS.filter((one) => (one === day ? on : hours.weekdays?.includes(one))) }); }}>{day.slice(0, 1).toUpperCase() + day.slice(1, 3)}</Chip>)}</Group>
      </div>
      <Group gap="sm">
        <TextInput label="Not before" type="time" value={hours.start ?? ''} onChange={(event) => { set({ start: event.currentTarget.value || null }); }} />
        <TextInput label="Not after" type="time" value={hours.end ?? ''} onChange={(event) => { set({ end: event.currentTarget.value || null }); }} />
      </Group>
    </Stack>
  );
}
