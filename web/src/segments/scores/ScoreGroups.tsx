import { Alert, Code, Grid, Stack, Text } from '@mantine/core';
import { Chart, formatNumber, Rate, Section, SmallTable, Time, type Column } from '@/kit';
import { PeopleCount } from '@/profiles/figures';
import { otherOrders, partWords, rangeWords, type Score, type ScoreGroup, type ScorePart } from './model';

interface Row extends ScoreGroup { share: number; empty: boolean }

/** Every group from the best to the worst, those that hold nobody too. */
function rowsOf(score: Score, part: ScorePart): Row[] {
  const people = score.last_done?.people ?? 0;
  const known = new Map(part.groups.map((g) => [g.group, g]));
  return Array.from({ length: score.groups }, (_, i) => score.groups - i).map((group) => {
    const found = known.get(group);
    return { group, people: found?.people ?? 0, low: found?.low ?? '', high: found?.high ?? '', share: people > 0 ? (found?.people ?? 0) / people : 0, empty: !found };
  });
}

function Part({ score, part }: { score: Score; part: ScorePart }) {
  const people = score.last_done?.people ?? 0;
  const { title, note } = partWords(score, part);
  const rows = rowsOf(score, part);
  const largest = rows.reduce((best, row) => (row.people > best.people ? row : best), rows[0] ?? { group: 0, people: 0 });
  const columns: Column<Row>[] = [
    { key: 'group', header: 'Group', cell: (r) => r.group },
    { key: 'range', header: note, priority: 2, cell: (r) => (r.empty ? 'nobody' : rangeWords(score, part.key, r)) },
    { key: 'people', header: 'People', align: 'right', priority: 1, cell: (r) => <><PeopleCount databaseId={score.database_id} figure={`score:${score.id}:${part.key}:${r.group}`} value={r.people} label={`people in group ${r.group}`} /><Text size="xs" c="dimmed"><Rate part={r.people} whole={people} short /></Text></> },
  ];
  return (
    <Stack gap="sm">
      <Chart title={title} note={note} height={60 + 26 * score.groups} file={`${score.prefix}-${part.key}`}
        description={`Of ${formatNumber(people)} people, ${formatNumber(largest.people)} are in group ${largest.group}, the largest`}
        spec={{ kind: 'bar', label: 'Group', value: 'People', rows: rows.map((r) => ({ label: String(r.group), value: r.people })) }} />
      <Section title={`Bounds of ${title.toLowerCase()}`}><SmallTable label={`Groups by ${title.toLowerCase()}`} columns={columns} rows={rows} rowKey={(r) => r.group} /></Section>
    </Stack>
  );
}

function Fields({ score }: { score: Score }) {
  const columns: Column<Score['fields'][number]>[] = [
    { key: 'label', header: 'Field', cell: (f) => f.label || f.name },
    { key: 'name', header: 'Name', priority: 2, cell: (f) => <Code>{f.name}</Code> },
    { key: 'text', header: 'What it holds', priority: 3, cell: (f) => f.description.split('. Filled by')[0] },
  ];
  return (
    <Section title="Fields it fills" text={<>Use them in segments, templates and files. The top 10 % is one rule: <Code>{score.prefix}_rank</Code> greater than 90.</>}>
      <SmallTable label="Fields of the score" columns={columns} rows={score.fields} rowKey={(f) => f.name} />
    </Section>
  );
}

/** How people fell into groups at the last run, with the bounds of each. */
export function ScoreGroups({ score, zone }: { score: Score; zone: string }) {
  const run = score.last_done;
  if (!run) return <Text c="dimmed">The groups stand here once the score was computed.</Text>;
  const others = otherOrders(run);
  return (
    <Stack>
      {others && <Alert color="marigold" title="Several currencies">{others}</Alert>}
      <Text><PeopleCount databaseId={score.database_id} figure={`score:${score.id}:with`} value={run.people} label="people have a score" /> {run.people === 1 ? 'person has' : 'people have'} a score as of <Time value={run.as_of} mode="absolute" zone={zone} showZone />; <PeopleCount databaseId={score.database_id} figure={`score:${score.id}:without`} value={run.without} label="people have no score" /> {run.without === 1 ? 'has' : 'have'} nothing to be judged by, and so no value. Group {score.groups} is the best.</Text>
      <Grid gap="md">{run.parts.map((part) => <Grid.Col key={part.key} span={{ base: 12, lg: run.parts.length > 1 ? 4 : 6 }}><Part score={score} part={part} /></Grid.Col>)}</Grid>
      <Fields score={score} />
    </Stack>
  );
}
