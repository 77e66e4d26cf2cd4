import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { formatNumber, Section, useAnnounce } from '@/kit';
import type { Problem } from '@/api/problem';
import { ColumnTable } from '../Columns';
import type { Database } from '../../model';
import { formatWords, type Mapping } from '../model';
import type { Sample, Values } from './model';

/** The first rows as they came, with the types of a query's columns. */
function Rows({ sample }: { sample: Sample }) {
  return (
    <Table.ScrollContainer minWidth={Math.min(1600, sample.columns.length * 130)} maxHeight={260} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': 'First rows of the source' } }}>
      <Table verticalSpacing={4} stickyHeader>
        <Table.Thead>
          <Table.Tr>{sample.columns.map((name, n) => <Table.Th key={name} style={{ whiteSpace: 'nowrap' }}>{name}{sample.types[n] && <Text size="xs" c="dimmed" fw={400}>{sample.types[n]}</Text>}</Table.Th>)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>{sample.rows.map((row, n) => <Table.Tr key={n}>{row.map((cell, m) => <Table.Td key={m} style={{ whiteSpace: 'nowrap', maxWidth: 260, overflow: 'hidden', textOverflow: 'ellipsis' }}>{cell}</Table.Td>)}</Table.Tr>)}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const facts = (sample: Sample) => [
  sample.preview && sample.types.length === 0 ? formatWords(sample.preview.format) : '',
  sample.rows.length === 0 ? 'no rows' : `${formatNumber(sample.columns.length)} columns`,
  sample.preview?.exact ? `${formatNumber(sample.preview.rows)} rows` : sample.types.length > 0 ? `the first ${formatNumber(sample.rows.length)} rows` : sample.preview?.estimated_rows ? `about ${formatNumber(sample.preview.estimated_rows)} rows` : 'the beginning of a large file',
].filter(Boolean).join(' · ');

interface PanelProps {
  values: Values; database: Database; sample: Sample | undefined; problem: Problem | null; busy: boolean; missing: string | undefined;
  onTest: () => void; onMapping: (mapping: Mapping[]) => void;
}

/** Asks the source for its first rows, and lets columns be matched with fields. */
export function TestPanel({ values, database, sample, problem, busy, missing, onTest, onMapping }: PanelProps) {
  useAnnounce(sample && !problem ? `The source answers: ${formatNumber(sample.columns.length)} columns` : undefined);
  const labels = new Map(database.fields.map((f) => [f.name, f.label || f.name]));
  return (
    <>
      <Section title="Test" text="Fetches the first rows and writes nothing.">
        <Stack gap="sm">
          <Group gap="sm"><Button variant="default" loading={busy} onClick={onTest}>{sample ? 'Test again' : 'Test the source'}</Button>{sample && !problem && <Text size="sm" c="dimmed">{facts(sample)}</Text>}</Group>
          {problem && <Alert color="clay" role="alert" title="The source cannot be used like this">{problem.errors[0]?.message ?? (problem.detail || problem.title)}</Alert>}
          {sample && !problem && sample.rows.length > 0 && <Rows sample={sample} />}
          {sample && !problem && sample.rows.length === 0 && <Text size="sm">The source answers, but it has no rows at the moment.</Text>}
        </Stack>
      </Section>
      <Section title="Columns" text={sample?.preview ? 'Matched by their names and by what is in them. Change what is wrong.' : 'Which column of the source goes to which field.'}>
        <Stack gap="sm">
          {sample?.preview
            ? <ColumnTable preview={sample.preview} database={database} mapping={values.mapping} onChange={onMapping} />
            : values.mapping.length > 0
              ? <Text size="sm">{values.mapping.filter((m) => m.field).map((m) => `${m.column} → ${labels.get(m.field ?? '') ?? m.field ?? ''}`).join(' · ')}</Text>
              : <Text c="dimmed" size="sm">Test the source first: its columns will stand here.</Text>}
          {!sample?.preview && values.mapping.length > 0 && <Text size="xs" c="dimmed">Test the source to change this.</Text>}
          {missing && <Text size="sm" c="error" role="alert">{missing}</Text>}
        </Stack>
      </Section>
    </>
  );
}
