import { Button, Group, Menu, Table, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import type { LiveCount } from '@/conditions';
import { AppLink, formatNumber, formatStamp, paths, RefetchBar, Section } from '@/kit';
import type { components } from '@/api/schema';

type Field = components['schemas']['FieldOut'];
export const labelOf = (field: Field): string => (field.label ? field.label : field.name.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase()));

export function cellText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length > 0 ? value.map(cellText).join(', ') : '–';
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return formatStamp(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Which fields of a person are shown; the first column is always the way to the person. */
export function ColumnMenu({ fields, value, onChange }: { fields: readonly Field[]; value: readonly string[]; onChange: (columns: string[]) => void }) {
  return (
    <Menu closeOnItemClick={false} position="bottom-end" shadow="md" width={240}>
      <Menu.Target><Button size="compact-sm" variant="default" rightSection={<IconChevronDown size={14} />}>Columns</Button></Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
        {fields.map((f) => (
          <Menu.CheckboxItem key={f.name} checked={value.includes(f.name)} onChange={(on) => { onChange(on ? [...value, f.name] : value.filter((c) => c !== f.name)); }}>{labelOf(f)}</Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface PreviewProps { live: LiveCount; databaseId: number; fields: readonly Field[]; columns: readonly string[]; onColumns: (columns: string[]) => void; onWhy: (id: number) => void }

const FEW = 10;
const NAMES = ['first_name', 'last_name'];
const personOf = (row: Record<string, unknown>): string => NAMES.map((key) => row[key]).filter((part) => typeof part === 'string').join(' ');

/** The first people, while the rules change. */
export function PreviewTable({ live, databaseId, fields, columns, onColumns, onWhy }: PreviewProps) {
  const [all, setAll] = useState(false);
  const preview = live.data?.preview ?? [];
  const rows = all ? preview : preview.slice(0, FEW);
  const shown = fields.filter((f) => columns.includes(f.name) && !NAMES.includes(f.name)).sort((a, b) => columns.indexOf(a.name) - columns.indexOf(b.name)).filter((f) => live.data === undefined || rows.length === 0 || f.name in (rows[0] ?? {}));
  return (
    <Section title={live.data ? `People (${formatNumber(live.data.count)})` : 'People'} actions={<ColumnMenu fields={fields} value={columns} onChange={onColumns} />}>
      <RefetchBar on={live.stale} />
      {live.data && rows.length === 0 && <Text c="dimmed">Nobody matches these rules.</Text>}
      {rows.length > 0 && (
        <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }} aria-label="People">
          <Table highlightOnHover aria-busy={live.stale}>
            <Table.Thead><Table.Tr><Table.Th>Person</Table.Th>{shown.map((f) => <Table.Th key={f.name}>{labelOf(f)}</Table.Th>)}<Table.Th><span className="fd-live">Explanation</span></Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {rows.map((row) => {
                const id = Number(row.profile_id);
                return (
                  <Table.Tr key={id} h={36}>
                    <Table.Td><AppLink href={paths.profile(databaseId, id)}>{personOf(row) || `Profile ${id}`}</AppLink></Table.Td>
                    {shown.map((f) => <Table.Td key={f.name}>{cellText(row[f.name])}</Table.Td>)}
                    <Table.Td ta="right"><Button size="compact-xs" variant="subtle" color="fjord" aria-label={`Why? ${personOf(row) || id}`} onClick={() => { onWhy(id); }}>Why?</Button></Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {rows.length > 0 && <Group gap="sm">{preview.length > FEW && !all && <Button size="compact-sm" variant="default" onClick={() => { setAll(true); }}>Show {preview.length}</Button>}<Text size="xs" c="dimmed">{live.data && live.data.count > rows.length ? `The first ${rows.length}, by id` : 'Everybody, by id'}</Text></Group>}
    </Section>
  );
}
