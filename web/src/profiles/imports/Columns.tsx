import { Checkbox, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { formatNumber, Section } from '@/kit';
import { fieldLabel, useResources, type Database } from '../model';
import { Reading } from './Reading';
import { fixedKeys, looksAtSubscriptions, type Mapping, type Options, type Preview } from './model';

const IGNORE = '', NEW = '+new';

function targetOf(mapping: Mapping | undefined): string {
  if (mapping?.new_field) return NEW;
  return mapping?.field ?? IGNORE;
}

type Column = Preview['columns'][number];

function Examples({ column }: { column: Column }) {
  return <Text size="xs" c="dimmed" lineClamp={2}>{column.examples.slice(0, 3).join(', ') || '–'}</Text>;
}

/** How many values of a column can be kept, and the first that cannot. */
function Fit({ column }: { column: Column }) {
  return (
    <>
      <Text size="xs">{formatNumber(column.good)} good{column.empty > 0 ? ` · ${formatNumber(column.empty)} empty` : ''}</Text>
      {column.bad > 0 && <Text size="xs" c="clay">{formatNumber(column.bad)} not usable: {column.problems[0]?.value} ({column.problems[0]?.reason})</Text>}
    </>
  );
}

/** Which column of the file is which field, with examples and how many values fit. */
export function ColumnTable({ preview, database, mapping, onChange }: { preview: Preview; database: Database; mapping: Mapping[]; onChange: (mapping: Mapping[]) => void }) {
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const fields = database.fields.filter((f) => !f.read_only);
  const choose = (column: string, target: string | null) => {
    const suggestion = preview.columns.find((c) => c.name === column)?.suggestion;
    const before = mapping.find((m) => m.column === column) ?? { column, date_format: suggestion?.date_format ?? '', decimal: suggestion?.decimal ?? '.' };
    const name = column.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '') || 'field';
    const next: Mapping = { ...before, field: target && target !== NEW ? target : null, new_field: target === NEW ? suggestion?.new_field ?? { name, type: 'string', label: column } : null };
    onChange([...mapping.filter((m) => m.column !== column), next].sort((a, b) => preview.columns.findIndex((c) => c.name === a.column) - preview.columns.findIndex((c) => c.name === b.column)));
  };
  const pick = (column: Column) => {
    const used = mapping.find((m) => m.column === column.name);
    const read = (change: Partial<Mapping>) => { onChange(mapping.map((m) => (m.column === column.name ? { ...m, ...change } : m))); };
    return (
      <>
      <Select aria-label={`Field for ${column.name}`} searchable allowDeselect={false} value={targetOf(used)} onChange={(value) => { choose(column.name, value); }}
        data={[{ value: IGNORE, label: 'Do not import' }, { value: NEW, label: `+ New field${used?.new_field ? ` ${used.new_field.name}` : ''}` }, ...fields.map((f) => ({ value: f.name, label: fieldLabel(f) }))]} />
      <Reading database={database} used={used} onChange={read} />
      </>
    );
  };
  if (narrow) {
    return (
      <Stack gap="lg">
        {preview.columns.map((column) => (
          <Stack key={column.name} gap={4}>
            <Text fw={550}>{column.name}</Text>
            <Examples column={column} />
            {pick(column)}
            <Fit column={column} />
          </Stack>
        ))}
      </Stack>
    );
  }
  return (
    <Table.ScrollContainer minWidth={720} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs">
        <Table.Thead><Table.Tr><Table.Th>Your column</Table.Th><Table.Th>Examples</Table.Th><Table.Th w={240}>Field</Table.Th><Table.Th>In {formatNumber(preview.rows)} rows</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {preview.columns.map((column) => (
            <Table.Tr key={column.name}>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>{column.name}</Table.Td>
              <Table.Td><Examples column={column} /></Table.Td>
              <Table.Td>{pick(column)}</Table.Td>
              <Table.Td><Fit column={column} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** How rows find their people, and what may be written. */
export function OptionsForm({ database, options, onChange }: { database: Database; options: Options; onChange: (options: Options) => void }) {
  const resources = useResources() ?? [];
  const set = (change: Partial<Options>) => { onChange({ ...options, ...change }); };
  const keys = [...fixedKeys, ...database.fields.filter((f) => !f.builtin && ['string', 'integer'].includes(f.type)).map((f) => ({ value: f.name, label: fieldLabel(f) }))];
  return (
    <Section title="How to write them">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select label="Rows find their profile by" allowDeselect={false} data={keys} value={options.matching ?? 'email'} onChange={(v) => { if (v) set({ matching: v, field: null, resource_id: looksAtSubscriptions(v) ? options.resource_id ?? null : null }); }} />
        <Select label="What to do" allowDeselect={false} value={options.mode ?? 'upsert'} onChange={(v) => { if (v) set({ mode: v }); }}
          data={[{ value: 'upsert', label: 'Add new people, change known ones' }, { value: 'add', label: 'Only add new people' }, { value: 'update', label: 'Only change known ones' }]} />
        {looksAtSubscriptions(options.matching) && resources.length > 0 ? (
          <Select label="Look in subscriptions of" clearable placeholder="Every resource" data={resources.map((r) => ({ value: String(r.id), label: r.name }))} value={options.resource_id ? String(options.resource_id) : null}
            onChange={(v) => { set({ resource_id: v ? Number(v) : null }); }} />
        ) : null}
        <Select label="Subscribe them to" clearable placeholder="Nothing" data={resources.map((r) => ({ value: String(r.id), label: r.name }))} value={options.subscribe ? String(options.subscribe.resource) : null}
          onChange={(v) => { set({ subscribe: v ? { resource: Number(v), channel: 'email', status: 'subscribed' } : null }); }} />
      </SimpleGrid>
      <Stack gap="xs">
        <Checkbox label="Empty cells empty the field; otherwise they leave it alone" checked={options.clear_empty ?? false} onChange={(e) => { set({ clear_empty: e.currentTarget.checked }); }} />
        <Checkbox label="This import may raise consent: I have proof that these people agreed again" checked={options.raise_consent ?? false} onChange={(e) => { set({ raise_consent: e.currentTarget.checked }); }} />
      </Stack>
    </Section>
  );
}
