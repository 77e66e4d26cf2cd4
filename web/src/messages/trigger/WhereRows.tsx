import { Autocomplete, Button, Group, Select, Stack, Text } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import { manyValues, noValue, operators, readWhere, useFields, type EventTrigger, type EventType, type WhereRow } from './model';
import { WhereValue } from './WhereValue';

interface Props { databaseId: number; type: EventType | undefined; where: EventTrigger['where']; onChange: (rows: WhereRow[]) => void }

const part = { flex: '1 1 104px', minWidth: 0 };

/** Lines that all have to hold, of what happened or of the person as they are then. */
export function WhereRows({ databaseId, type, where, onChange }: Props) {
  const fields = (useFields(databaseId) ?? []).filter((f) => f.type !== 'object' && f.type !== 'objects');
  const rows = readWhere(where);
  if (rows === null) return <Group><Text size="sm">It has a filter that was made by a program.</Text><Button variant="subtle" size="compact-sm" onClick={() => { onChange([]); }}>Remove the filter</Button></Group>;
  const properties = type?.properties ?? [];
  const put = (n: number, row: WhereRow) => { onChange(rows.map((r, i) => (i === n ? row : r))); };
  const typeOf = (field: string) => (field.startsWith('profile.') ? fields.find((f) => `profile.${f.name}` === field)?.type : properties.find((p) => `trigger.${p.name}` === field)?.type) ?? 'any';
  const moved = (field: string): WhereRow => ({ field, op: operators(typeOf(field))[0]?.value ?? 'eq', value: '' });
  return (
    <Stack gap="xs">
      {rows.map((row, n) => {
        const person = row.field.startsWith('profile.'), kind = typeOf(row.field), name = row.field.replace(/^(trigger|profile)\./, '');
        const offered = operators(kind);
        return (
          <Group key={n} gap="xs" align="flex-start" role="group" aria-label={`Only when, line ${n + 1}`}>
            <Select aria-label="Of what" allowDeselect={false} style={part} data={[{ value: 'trigger', label: 'event' }, { value: 'profile', label: 'person' }]} value={person ? 'profile' : 'trigger'} onChange={(of) => { put(n, moved(of === 'profile' ? `profile.${fields[0]?.name ?? 'email'}` : `trigger.${properties[0]?.name ?? ''}`)); }} />
            {person ? <Select aria-label="Field" searchable allowDeselect={false} style={part} data={fields.map((f) => ({ value: f.name, label: f.label || f.name.replaceAll('_', ' ') }))} value={name} onChange={(field) => { if (field) put(n, moved(`profile.${field}`)); }} />
              : <Autocomplete aria-label="Property" placeholder="property" style={part} data={properties.map((p) => p.name)} value={name} onChange={(property) => { put(n, typeOf(`trigger.${property}`) === kind ? { ...row, field: `trigger.${property}` } : moved(`trigger.${property}`)); }} />}
            <Select aria-label="Comparison" allowDeselect={false} style={part} data={offered.some((o) => o.value === row.op) ? offered : [...offered, { value: row.op, label: row.op }]} value={row.op} onChange={(op) => { if (op) put(n, { ...row, op, value: manyValues(op) === Array.isArray(row.value) ? row.value : manyValues(op) ? [] : '' }); }} />
            {!noValue(row.op) && <WhereValue databaseId={databaseId} row={row} type={kind} options={person ? fields.find((f) => f.name === name)?.options ?? [] : []} onChange={(value) => { put(n, { ...row, value }); }} />}
            <IconButton label={`Remove line ${n + 1}`} onClick={() => { onChange(rows.filter((_, i) => i !== n)); }}><IconX size={16} /></IconButton>
          </Group>
        );
      })}
      <Button variant="subtle" size="compact-sm" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => { onChange([...rows, moved(`trigger.${properties[0]?.name ?? ''}`)]); }}>{rows.length === 0 ? 'Only when…' : 'And…'}</Button>
    </Stack>
  );
}
