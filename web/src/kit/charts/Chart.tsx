import { Group, Skeleton, Table, Text } from '@mantine/core';
import { IconChartLine, IconDownload, IconTable } from '@tabler/icons-react';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Section } from '../form/Section';
import { formatNumber } from '../format/number';
import { IconButton } from '../routing/links';
import { csvOf, download, isEmpty, tableOf, type ChartSpec } from './spec';

const EChart = lazy(() => import('./EChart'));

export interface ChartProps {
  /** a question or a finding */
  title: string;
  /** unit, zone, and what the date means: "People · days in Europe/Oslo · by day of sending" */
  note?: string;
  /** one sentence that says what the picture shows */
  description: string;
  spec: ChartSpec;
  height?: number;
  /** instead of an empty picture */
  empty?: ReactNode;
  /** file name of the CSV, without its ending */
  file?: string;
}

/** A chart with its title, unit, table and CSV. */
export function Chart({ title, note, description, spec, height = 240, empty, file = 'chart' }: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const nothing = isEmpty(spec);
  const actions = nothing ? undefined : (
    <Group gap={4}>
      <IconButton label={asTable ? 'Show as chart' : 'Show as table'} onClick={() => { setAsTable(!asTable); }}>{asTable ? <IconChartLine size={18} /> : <IconTable size={18} />}</IconButton>
      <IconButton label="Download as CSV" onClick={() => { download(`${file}.csv`, csvOf(tableOf(spec)), 'text/csv'); }}><IconDownload size={18} /></IconButton>
    </Group>
  );
  return (
    <Section title={title} text={note} actions={actions}>
      {nothing ? empty ?? <Text c="dimmed">Nothing to show for this period yet.</Text>
        : asTable ? <FactsTable spec={spec} caption={description} />
          : <Suspense fallback={<Skeleton height={height} />}><EChart spec={spec} description={description} height={height} /></Suspense>}
    </Section>
  );
}

function FactsTable({ spec, caption }: { spec: ChartSpec; caption: string }) {
  const { head, rows } = tableOf(spec);
  return (
    <Table.ScrollContainer minWidth={320} maxHeight={360} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing={6} stickyHeader>
        <Table.Caption>{caption}</Table.Caption>
        <Table.Thead>
          <Table.Tr>{head.map((name, i) => <Table.Th key={name} ta={i === 0 ? 'left' : 'right'}>{name}</Table.Th>)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, i) => (
            <Table.Tr key={i}>
              {row.map((cell, j) => <Table.Td key={j} ta={j === 0 ? 'left' : 'right'} className={j === 0 ? '' : 'fd-num'}>{typeof cell === 'string' ? cell : formatNumber(cell)}</Table.Td>)}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
