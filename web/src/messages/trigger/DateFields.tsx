import { Group, NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useDatabases } from '@/api/database';
import { useFields, type DateTrigger } from './model';

const sides = [{ value: 'on', label: 'on the day' }, { value: 'before', label: 'days before' }, { value: 'after', label: 'days after' }];

/** A date of the person, once or every year, some days before or after. */
export function DateFields({ databaseId, trigger, onChange }: { databaseId: number; trigger: DateTrigger; onChange: (trigger: DateTrigger) => void }) {
  const fields = useFields(databaseId) ?? [];
  const zone = useDatabases()?.find((d) => d.id === databaseId)?.timezone ?? 'UTC';
  const dates = fields.filter((f) => f.type === 'date' || f.type === 'datetime').map((f) => ({ value: f.name, label: f.label || f.name.replaceAll('_', ' ') }));
  const days = trigger.days ?? 0, side = days === 0 ? 'on' : days < 0 ? 'before' : 'after';
  const put = (next: string, many: number) => { onChange({ ...trigger, days: next === 'on' ? 0 : (next === 'before' ? -1 : 1) * Math.max(1, Math.min(366, many)) }); };
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <Select label="Date of the person" searchable allowDeselect={false} data={dates.length > 0 ? dates : [trigger.field]} value={trigger.field} onChange={(field) => { if (field) onChange({ ...trigger, field }); }} />
        <Select label="How often" allowDeselect={false} data={[{ value: 'yearly', label: 'Every year (anniversary)' }, { value: 'once', label: 'Once' }]} value={trigger.yearly ? 'yearly' : 'once'} onChange={(often) => { onChange({ ...trigger, yearly: often === 'yearly' }); }} />
      </SimpleGrid>
      <Group gap="sm" align="flex-end">
        {side !== 'on' && <NumberInput label="Days" min={1} max={366} w={96} value={Math.abs(days)} onChange={(many) => { put(side, Number(many) || 1); }} />}
        <Select aria-label="Before or after the day" allowDeselect={false} w={150} data={sides} value={side} onChange={(next) => { put(next ?? 'on', Math.abs(days) || 1); }} />
        <TextInput label="At" type="time" w={130} value={trigger.at ?? '09:00'} onChange={(e) => { if (e.currentTarget.value) onChange({ ...trigger, at: e.currentTarget.value }); }} description={zone} />
      </Group>
    </>
  );
}
