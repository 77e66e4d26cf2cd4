import { Group, NumberInput, Select, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { NIGHT, timingWords, WARM_UP, type Cycles, type Quiet, type Timing } from './model';

interface FieldsProps { timing: Timing; zone: string; onChange: (timing: Timing) => void; errors: ReadonlyMap<string, string>; onlyQuiet?: boolean }

function QuietFields({ quiet, zone, errors, onChange }: { quiet: Quiet; zone: string; errors: ReadonlyMap<string, string>; onChange: (quiet: Quiet) => void }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
      <TextInput type="time" label="From" value={quiet.from} error={errors.get('/timing/quiet/from')} onChange={(event) => { onChange({ ...quiet, from: event.currentTarget.value }); }} />
      <TextInput type="time" label="To" value={quiet.to} error={errors.get('/timing/quiet/to')} onChange={(event) => { onChange({ ...quiet, to: event.currentTarget.value }); }} />
      <Select label="By the clock of" allowDeselect={false} value={quiet.zone ?? 'recipient'} data={[{ value: 'recipient', label: 'each person' }, { value: 'database', label: `the database (${zone})` }]}
        onChange={(value) => { onChange({ ...quiet, zone: value === 'database' ? 'database' : 'recipient' }); }} />
    </SimpleGrid>
  );
}

function CycleFields({ cycles, errors, onChange }: { cycles: Cycles; errors: ReadonlyMap<string, string>; onChange: (cycles: Cycles) => void }) {
  const number = (value: number | string, least: number) => Math.max(least, Math.round(Number(value) || least));
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <NumberInput label="People in a cycle, at most" min={1} max={10_000_000} allowDecimal={false} thousandSeparator="," value={cycles.limit} error={errors.get('/timing/cycles/limit')} onChange={(value) => { onChange({ ...cycles, limit: number(value, 1) }); }} />
      <NumberInput label="Hours of a cycle" min={1} max={168} allowDecimal={false} value={cycles.hours ?? 24} error={errors.get('/timing/cycles/hours')} onChange={(value) => { onChange({ ...cycles, hours: number(value, 1) }); }} />
      <NumberInput label="More in each further cycle" min={0} allowDecimal={false} value={cycles.growth ?? 0} error={errors.get('/timing/cycles/growth')} onChange={(value) => { onChange({ ...cycles, growth: number(value, 0) }); }} />
      <Select label="Counted in" allowDeselect={false} value={cycles.growth_in ?? 'people'} data={[{ value: 'people', label: 'people' }, { value: 'percent', label: 'percent' }]} onChange={(value) => { onChange({ ...cycles, growth_in: value === 'percent' ? 'percent' : 'people' }); }} />
    </SimpleGrid>
  );
}

/** When mails reach people: their own clocks, hours in which nothing is sent, so many at a time. */
export function TimingFields({ timing, zone, onChange, errors, onlyQuiet = false }: FieldsProps) {
  const words = timingWords(timing);
  const set = (change: Partial<Timing>) => { onChange({ ...timing, ...change }); };
  return (
    <Stack gap="sm">
      {!onlyQuiet && <Switch label="At each person’s local time" description={`A start at 10:00 reaches everybody when their own clock shows 10:00; who has no time zone gets it by ${zone}. Whose 10:00 has passed gets it at once.`} checked={timing.local_time ?? false} onChange={(event) => { set({ local_time: event.currentTarget.checked }); }} />}
      <Switch label="Quiet hours" description="Nothing is sent inside them; it goes out when they end" checked={!!timing.quiet} onChange={(event) => { set({ quiet: event.currentTarget.checked ? NIGHT : null }); }} />
      {timing.quiet && <QuietFields quiet={timing.quiet} zone={zone} errors={errors} onChange={(quiet) => { set({ quiet }); }} />}
      {!onlyQuiet && <Switch label="So many at a time" description="For a new sending address: few mails at first, more with each cycle" checked={!!timing.cycles} onChange={(event) => { set({ cycles: event.currentTarget.checked ? WARM_UP : null }); }} />}
      {timing.cycles && <CycleFields cycles={timing.cycles} errors={errors} onChange={(cycles) => { set({ cycles }); }} />}
      {words && <Group><Text size="xs" c="dimmed">Sent {words}.</Text></Group>}
    </Stack>
  );
}
