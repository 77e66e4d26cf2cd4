import { Alert, Stack, Table, Text } from '@mantine/core';
import { formatNumber, Num } from '@/kit';
import { offBy, type ControlWarning, type StratumPart } from './model';

const exact = (value: number) => formatNumber(Number(value.toFixed(value < 100 ? 1 : 0)));

/** Every stratum with its people, what it should give, what it gives, and how far that is off. */
export function StrataTable({ parts }: { parts: readonly StratumPart[] }) {
  return (
    <Table.ScrollContainer minWidth={440} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing={6}>
        <Table.Thead><Table.Tr><Table.Th>Stratum</Table.Th><Table.Th ta="right">People</Table.Th><Table.Th ta="right">Should give</Table.Th><Table.Th ta="right">Kept back</Table.Th><Table.Th ta="right">Off by</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {parts.map((part) => (
            <Table.Tr key={part.key}>
              <Table.Td>{part.label}</Table.Td>
              <Table.Td ta="right"><Num value={part.people} /></Table.Td>
              <Table.Td ta="right" className="fd-num">{exact(part.expected)}</Table.Td>
              <Table.Td ta="right"><Num value={part.control} /></Table.Td>
              <Table.Td ta="right" className="fd-num">{offBy(part)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        {parts.length > 1 && (
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th scope="row">All</Table.Th>
              <Table.Td ta="right" fw={700}><Num value={parts.reduce((n, p) => n + p.people, 0)} /></Table.Td>
              <Table.Td ta="right" fw={700} className="fd-num">{exact(parts.reduce((n, p) => n + p.expected, 0))}</Table.Td>
              <Table.Td ta="right" fw={700}><Num value={parts.reduce((n, p) => n + p.control, 0)} /></Table.Td>
              <Table.Td />
            </Table.Tr>
          </Table.Tfoot>
        )}
      </Table>
    </Table.ScrollContainer>
  );
}

/** What makes the comparison worse; the first says what to do. */
export function Warnings({ warnings }: { warnings: readonly ControlWarning[] }) {
  const [first, ...more] = warnings;
  if (!first) return null;
  return (
    <Alert color="marigold" title="Worth a look">
      <Stack gap={4}>
        <Text>{first.message}.</Text>
        {more.map((warning) => <Text key={`${warning.kind}${warning.stratum ?? ''}`} size="xs">{warning.message}.</Text>)}
      </Stack>
    </Alert>
  );
}
