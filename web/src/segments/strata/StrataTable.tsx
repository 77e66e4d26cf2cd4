import { Alert, Stack, Table, Text } from '@mantine/core';
import { AppLink, formatNumber, formatShare, Num } from '@/kit';
import { offBy, type ControlWarning, type StratumPart } from './model';
import css from './strata.module.css';

const exact = (value: number) => formatNumber(Number(value.toFixed(value < 100 ? 1 : 0)));
const sum = (parts: readonly StratumPart[], of: (part: StratumPart) => number) => parts.reduce((n, part) => n + of(part), 0);

/** A number and its share of all, with a bar of it: solid for everybody, dashed grey for those kept back. */
function Share({ part, whole, control = false, href, label }: { part: number; whole: number; control?: boolean; href: string | undefined; label: string }) {
  return (
    <span className={css.share}>
      <span>{href !== undefined && part > 0 ? <AppLink href={href} aria-label={`${formatNumber(part)} ${label}`}><Num value={part} /></AppLink> : <Num value={part} />} <span className={css.percent}>{formatShare(part, whole)}</span></span>
      <span className={css.track} aria-hidden="true"><span className={css.bar} data-control={control} style={{ width: `${whole > 0 ? (100 * part) / whole : 0}%` }} /></span>
    </span>
  );
}

/** Every stratum with its people and whom it keeps back, each as a share of all, and by how many people that is off its equal share. */
export function StrataTable({ parts, label = 'Strata with their people', opens }: { parts: readonly StratumPart[]; label?: string; /** the people behind a number */ opens?: ((part: StratumPart, control: boolean) => string) | undefined }) {
  const people = sum(parts, (p) => p.people), control = sum(parts, (p) => p.control);
  return (
    <Table.ScrollContainer minWidth={400} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label } }}>
      <Table verticalSpacing={6} className={css.table ?? ''}>
        <Table.Thead><Table.Tr><Table.Th scope="col">Stratum</Table.Th><Table.Th scope="col" ta="right">People</Table.Th><Table.Th scope="col" ta="right">Kept back</Table.Th><Table.Th scope="col" ta="right">Off by</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {parts.map((part) => (
            <Table.Tr key={part.key}>
              <Table.Th scope="row" className={css.name ?? ''}>{part.label}</Table.Th>
              <Table.Td ta="right"><Share part={part.people} whole={people} href={opens?.(part, false)} label={`in ${part.label}`} /></Table.Td>
              <Table.Td ta="right"><Share part={part.control} whole={control} control href={opens?.(part, true)} label={`kept back in ${part.label}`} /></Table.Td>
              <Table.Td ta="right" className="fd-num"><span title={`an equal share would be ${exact(part.expected)}`}>{offBy(part)}</span></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        {parts.length > 1 && (
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th scope="row">All</Table.Th>
              <Table.Td ta="right" fw={700}><Num value={people} /></Table.Td>
              <Table.Td ta="right" fw={700}><Num value={control} /></Table.Td>
              <Table.Td />
            </Table.Tr>
          </Table.Tfoot>
        )}
      </Table>
    </Table.ScrollContainer>
  );
}

/** As many stand in sight beside the first. */
const MOST = 4;

/** What makes the comparison worse; the first says what to do. */
export function Warnings({ warnings }: { warnings: readonly ControlWarning[] }) {
  const [first, ...more] = warnings;
  if (!first) return null;
  const line = (warning: ControlWarning) => <Text key={`${warning.kind}${warning.stratum ?? ''}`} size="xs">{warning.message}.</Text>;
  const near = more.length > MOST ? more.slice(0, MOST - 1) : more, far = more.slice(near.length);
  return (
    <Alert color="marigold" title="Worth a look">
      <Stack gap={4}>
        <Text>{first.message}.</Text>
        {near.map(line)}
        {far.length > 0 && <details className={css.more}><summary>{far.length} more</summary><Stack gap={4}>{far.map(line)}</Stack></details>}
      </Stack>
    </Alert>
  );
}
