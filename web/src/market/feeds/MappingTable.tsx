import { Group, Select, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { formatNumber } from '@/kit';
import { CreateField } from './CreateField';
import { targets, targetWords, type FeedMapping, type FeedName } from './model';

interface MappingProps { names: readonly FeedName[]; mapping: readonly FeedMapping[]; onChange: (mapping: FeedMapping[]) => void; onMade: () => void }

const NOWHERE = '-';

/** Which part of an offer goes to which field of a product, with examples; what no field is there for can get one. */
export function MappingTable({ names, mapping, onChange, onMade }: MappingProps) {
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const chosen = new Map(mapping.map((m) => [m.name, m.field ?? null]));
  const set = (name: FeedName, value: string | null) => {
    onChange([...mapping.filter((m) => m.name !== name.name), { name: name.name, field: value === NOWHERE ? null : value }]);
  };
  const target = (name: FeedName) => {
    const field = chosen.has(name.name) ? chosen.get(name.name) ?? null : name.field;
    const own = field?.startsWith('property.') ? [{ value: field, label: targetWords(field) }] : name.field?.startsWith('property.') ? [{ value: name.field, label: targetWords(name.field) }] : [];
    const key = field?.startsWith('property.') ? field.slice('property.'.length) : null;
    return (
      <Group gap="xs" wrap="nowrap">
        <Select aria-label={`Field for ${name.name}`} searchable allowDeselect={false} value={field ?? NOWHERE} onChange={(value) => { set(name, value); }} data={[{ value: NOWHERE, label: 'Do not load' }, ...own, ...targets]} style={{ flex: 1 }} />
        {!name.known && key !== null && <CreateField fieldKey={key} name={name.name} type="string" onMade={onMade} />}
      </Group>
    );
  };
  const examples = (name: FeedName) => <Text size="xs" c="dimmed" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>{name.examples.join(', ') || '–'}</Text>;
  if (narrow) return <Stack gap="lg">{names.map((name) => <Stack key={name.name} gap={4}><Text fw={550}>{name.name}</Text>{examples(name)}{target(name)}</Stack>)}</Stack>;
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }} aria-label="Parts of offers">
      <Table verticalSpacing="xs">
        <Table.Thead><Table.Tr><Table.Th>In the feed</Table.Th><Table.Th>Examples</Table.Th><Table.Th w={340}>Goes to</Table.Th><Table.Th ta="right">Offers</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {names.map((name) => (
            <Table.Tr key={name.name}><Table.Td style={{ whiteSpace: 'nowrap' }}>{name.name}</Table.Td><Table.Td>{examples(name)}</Table.Td><Table.Td>{target(name)}</Table.Td><Table.Td ta="right" className="fd-num">{formatNumber(name.offers)}</Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
