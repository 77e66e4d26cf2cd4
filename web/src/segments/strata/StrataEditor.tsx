import { Button, Group, Paper, Select, Stack, TagsInput, Text } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import { fieldLabel, type Field } from '@/profiles/model';
import { boundsOf, rangesOf, valuesOf, wayOf, waysOf, type StratumField, type Way } from './model';

interface Props { fields: readonly Field[]; value: readonly StratumField[]; onChange: (value: StratumField[]) => void; errors: ReadonlyMap<string, string>; disabled?: boolean }

const MOST = 4;
const wayWords: Readonly<Record<Way, string>> = { each: 'Each choice', ranges: 'Ranges', lists: 'Lists of values' };
const blank = (field: Field): StratumField => {
  const way = waysOf(field)[0];
  return { field: field.name, lists: way === 'lists' ? [{ values: [] }] : [], ranges: [] };
};

function Lists({ item, field, at, onChange, errors, disabled }: { item: StratumField; field: Field; at: string; onChange: (item: StratumField) => void; errors: Props['errors']; disabled: boolean }) {
  const lists = item.lists ?? [];
  const set = (n: number, texts: string[]) => { onChange({ ...item, ranges: [], lists: lists.map((l, k) => (k === n ? { ...l, values: valuesOf(texts, field) } : l)) }); };
  return (
    <Stack gap="xs">
      {lists.map((list, n) => (
        <Group key={n} gap="xs" align="flex-end" wrap="nowrap">
          <TagsInput style={{ flex: 1, minWidth: 0 }} label={`Part ${n + 1}`} placeholder={list.values.length === 0 ? 'Type a value, then Enter' : ''} data={field.options} value={list.values.map(String)} disabled={disabled}
            error={errors.get(`${at}/lists/${n}/values`) ?? [...errors].find(([p]) => p.startsWith(`${at}/lists/${n}/values/`))?.[1]} onChange={(texts) => { set(n, texts); }} />
          {!disabled && lists.length > 1 && <IconButton label={`Remove part ${n + 1}`} onClick={() => { onChange({ ...item, lists: lists.filter((_, k) => k !== n) }); }}><IconTrash size={16} /></IconButton>}
        </Group>
      ))}
      {!disabled && <div><Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => { onChange({ ...item, lists: [...lists, { values: [] }] }); }}>Add part</Button></div>}
    </Stack>
  );
}

function Ranges({ item, field, at, onChange, errors, disabled }: { item: StratumField; field: Field; at: string; onChange: (item: StratumField) => void; errors: Props['errors']; disabled: boolean }) {
  const numeric = field.type === 'integer' || field.type === 'float';
  const fits = (text: string) => (numeric ? text.trim() !== '' && Number.isFinite(Number(text.replace(',', '.'))) : /^\d{4}-\d{2}-\d{2}$/.test(text));
  const found = [...errors].find(([p]) => p.startsWith(`${at}/ranges`))?.[1];
  return <TagsInput label="Boundaries" description={numeric ? '30 and 50 make: under 30, 30 to 50, 50 and more' : 'Days like 1990-01-01'} placeholder="Type one, then Enter" value={boundsOf(item)} error={found ?? errors.get(at)} disabled={disabled}
    onChange={(texts) => { onChange({ ...item, lists: [], ranges: rangesOf(texts.filter(fits), numeric) }); }} />;
}

function One({ field, item, at, fields, onChange, onRemove, errors, disabled }: { field: Field | undefined; item: StratumField; at: string; fields: readonly Field[]; onChange: (item: StratumField) => void; onRemove: () => void; errors: Props['errors']; disabled: boolean }) {
  const ways = field ? waysOf(field) : [];
  const way = (item.lists?.length ?? 0) === 0 && (item.ranges?.length ?? 0) === 0 && !ways.includes('each') ? 'ranges' : wayOf(item);
  const part = { item, at, onChange, errors, disabled };
  return (
    <Paper withBorder p="sm">
      <Stack gap="xs">
        <Group gap="xs" align="flex-end">
          <Select style={{ flex: '1 1 140px', minWidth: 0 }} label="Field" searchable allowDeselect={false} disabled={disabled} value={item.field} error={errors.get(`${at}/field`)} data={fields.map((f) => ({ value: f.name, label: fieldLabel(f) }))}
            onChange={(name) => { const next = fields.find((f) => f.name === name); if (next) onChange(blank(next)); }} />
          {ways.length > 1 && <Select style={{ flex: '0 1 150px' }} label="Divided into" allowDeselect={false} disabled={disabled} value={way} data={ways.map((w) => ({ value: w, label: wayWords[w] }))}
            onChange={(next) => { onChange({ field: item.field, lists: next === 'lists' ? [{ values: [] }] : [], ranges: [] }); }} />}
          {!disabled && <IconButton label={`Remove ${field ? fieldLabel(field) : item.field}`} onClick={onRemove}><IconTrash size={16} /></IconButton>}
        </Group>
        {field && way === 'lists' && <Lists {...part} field={field} />}
        {field && way === 'ranges' && <Ranges {...part} field={field} />}
        {way === 'each' && field && <Text size="xs" c="dimmed">{field.type === 'boolean' ? 'Yes and no are a part each.' : `Each is a part: ${field.options.join(', ')}.`}</Text>}
        {way === 'each' && errors.get(at) && <Text size="xs" c="error">{errors.get(at)}</Text>}
      </Stack>
    </Paper>
  );
}

/** The fields that people are divided by, so that the group mirrors everybody. */
export function StrataEditor({ fields, value, onChange, errors, disabled = false }: Props) {
  const usable = fields.filter((f) => waysOf(f).length > 0 && !['external_id', 'email', 'first_name', 'last_name', 'updated_at'].includes(f.name));
  const free = usable.filter((f) => !value.some((item) => item.field === f.name));
  const put = (n: number, item: StratumField) => { onChange(value.map((old, k) => (k === n ? item : old))); };
  return (
    <Stack gap="sm">
      {value.map((item, n) => (
        <One key={item.field} item={item} at={`/strata/${n}`} errors={errors} disabled={disabled} field={usable.find((f) => f.name === item.field)} fields={[...usable.filter((f) => f.name === item.field), ...free]}
          onChange={(next) => { put(n, next); }} onRemove={() => { onChange(value.filter((_, k) => k !== n)); }} />
      ))}
      {value.length === 0 && <Text c="dimmed">{disabled ? 'Not divided: everybody has the same chance.' : 'Not divided: a large group mirrors everybody by chance alone.'}</Text>}
      {errors.get('/strata') && <Text c="error">{errors.get('/strata')}</Text>}
      {!disabled && value.length < MOST && free[0] && (
        <div><Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => { const next = free.find((f) => ['age', 'gender', 'city', 'country'].includes(f.name)) ?? free[0]; if (next) onChange([...value, blank(next)]); }}>Divide by a field</Button></div>
      )}
      <Text size="xs" c="dimmed">People without a value, and values that stand nowhere, make parts of their own.</Text>
    </Stack>
  );
}
