import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import { whens, type Condition, type When } from './model';

const fresh = (when: When, contains = ''): Condition => {
  switch (when) {
    case 'address': return { when, contains };
    case 'seconds': return { when, seconds: 30, contains };
    case 'scroll': return { when, percent: 75, contains };
    case 'click': return { when, selector: '', contains };
  }
};

function One({ condition: c, n, onChange, onRemove, error }: { condition: Condition; n: number; onChange: (c: Condition) => void; onRemove: () => void; error: string | undefined }) {
  return (
    <Group gap="xs" align="flex-start">
      <Text size="sm" c="dimmed" w={24} pt={8}>{n === 0 ? 'if' : 'or'}</Text>
      <Select aria-label={`Condition ${n + 1}`} style={{ flex: '1 1 216px', maxWidth: 240 }} data={whens.map((w) => ({ ...w }))} value={c.when} allowDeselect={false} onChange={(when) => { if (when) onChange(fresh(when, c.contains)); }} />
      {c.when === 'seconds' && <NumberInput aria-label={`Condition ${n + 1}: seconds`} suffix=" seconds" min={1} max={3600} w={128} value={c.seconds} onChange={(v) => { onChange({ ...c, seconds: Number(v) }); }} error={error} />}
      {c.when === 'scroll' && <NumberInput aria-label={`Condition ${n + 1}: percent`} suffix=" %" min={1} max={100} w={96} value={c.percent} onChange={(v) => { onChange({ ...c, percent: Number(v) }); }} error={error} />}
      {c.when === 'click' && <TextInput aria-label={`Condition ${n + 1}: selector`} placeholder="#buy, .order button" style={{ flex: '1 1 160px', maxWidth: 240 }} value={c.selector} onChange={(e) => { onChange({ ...c, selector: e.currentTarget.value }); }} error={error} />}
      {c.when === 'address'
        ? <TextInput aria-label={`Condition ${n + 1}: text of the address`} placeholder="/thanks" style={{ flex: '1 1 180px' }} value={c.contains} onChange={(e) => { onChange({ ...c, contains: e.currentTarget.value }); }} error={error} />
        : <TextInput aria-label={`Condition ${n + 1}: only where the address contains`} placeholder="on any page, or /address" style={{ flex: '1 1 140px' }} value={c.contains ?? ''} onChange={(e) => { onChange({ ...c, contains: e.currentTarget.value }); }} />}
      <IconButton label={`Remove condition ${n + 1}`} onClick={onRemove}><IconTrash size={16} /></IconButton>
    </Group>
  );
}

/** What the site script looks at, as sentences; any of them will do. */
export function Conditions({ value, onChange, errors }: { value: Condition[]; onChange: (value: Condition[]) => void; errors: (n: number) => string | undefined }) {
  return (
    <Stack gap="sm">
      <div>
        <Text fw={500} size="sm">Reached on its own</Text>
        <Text size="xs" c="dimmed">The site script looks at these, once on each page. Without any, your code says when it is reached.</Text>
      </div>
      {value.map((c, n) => (
        <One key={n} n={n} condition={c} error={errors(n)} onChange={(next) => { onChange(value.map((old, m) => (m === n ? next : old))); }} onRemove={() => { onChange(value.filter((_, m) => m !== n)); }} />
      ))}
      <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { onChange([...value, fresh('address')]); }}>Add a condition</Button></Group>
    </Stack>
  );
}
