import { Group, SegmentedControl, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { AllDone, Chart, FigureTile, formatCount, formatDay, formatDuration, Loaded, Num, paths, Section, useSearchParam } from '@/kit';
import { sourceWords, type SegmentDetail } from './model';

type Series = components['schemas']['SegmentSeries'];

const periods = [{ value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '365', label: 'A year' }];

export function useSeries(segmentId: number, days: number, enabled = true) {
  return useQuery({ queryKey: ['segments', segmentId, 'series', days], queryFn: ({ signal }) => ok(api.GET('/api/v1/segments/{segment_id}/series', { params: { path: { segment_id: segmentId }, query: { days } }, signal })), enabled });
}

function Sources({ series }: { series: Series }) {
  if (series.sources.length === 0) return <Text c="dimmed">Nobody came or went in this time.</Text>;
  return (
    <Table>
      <Table.Thead><Table.Tr><Table.Th>From</Table.Th><Table.Th ta="right">Entered</Table.Th><Table.Th ta="right">Left</Table.Th><Table.Th ta="right">Changes</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {series.sources.map((s) => <Table.Tr key={s.source}><Table.Td>{sourceWords(s.source)}</Table.Td><Table.Td ta="right"><Num value={s.entered} /></Table.Td><Table.Td ta="right"><Num value={s.left} /></Table.Td><Table.Td ta="right"><Num value={s.changes} /></Table.Td></Table.Tr>)}
      </Table.Tbody>
    </Table>
  );
}

function Charts({ series, segment }: { series: Series; segment: SegmentDetail }) {
  const { days, timezone } = series;
  const updatable = segment.type === 'updatable', log = `${paths.segment(segment.id)}?tab=${updatable ? 'runs' : 'log'}`;
  const x = days.map((d) => formatDay(d.day)), zone = `days in ${timezone}`;
  const filled = days.filter((d) => d.size !== null), first = filled[0], last = filled.at(-1);
  const entered = days.reduce((sum, d) => sum + d.entered, 0), left = days.reduce((sum, d) => sum + d.left, 0);
  const failed = days.reduce((sum, d) => sum + d.failed, 0), skipped = days.reduce((sum, d) => sum + d.skipped, 0), runs = days.reduce((sum, d) => sum + d.changes, 0);
  if (!first || !last) return <AllDone>{updatable ? 'The first run draws the first point.' : 'The first change draws the first point.'}</AllDone>;
  const sources = [...new Set(days.flatMap((d) => d.sources.map((s) => s.source)))];
  const by = (source: string) => days.map((d) => d.sources.find((s) => s.source === source)?.entered ?? 0);
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <FigureTile label="People now" value={<Num value={last.size} />} href={paths.segment(segment.id)} /><FigureTile label="Entered" value={<Num value={entered} />} href={log} /><FigureTile label="Left" value={<Num value={left} />} href={log} />
        <FigureTile label={updatable ? 'Runs' : 'Changes'} value={<Num value={runs} />} href={log} />
      </SimpleGrid>
      <Chart title="How many people are in it?" note={`People at the end of each day · ${zone}`} description={`The size by day, from ${first.size ?? 0} to ${last.size ?? 0} people.`} file="size"
        spec={{ kind: 'line', x, xLabel: 'Day', series: [{ name: 'People', values: days.map((d) => d.size) }] }} />
      <Chart title="How many entered and left?" note={`People by day · ${zone}`} description={`${entered} entered and ${left} left, by day.`} file="flow"
        spec={{ kind: 'stacked', x, xLabel: 'Day', series: [{ name: 'Entered', values: days.map((d) => d.entered) }, { name: 'Left', values: days.map((d) => -d.left) }] }} />
      {sources.length > 1 && (
        <Chart title="Where did they come from?" note={`People who entered, by source · ${zone}`} description="People who entered by day, one colour a source." file="sources"
          spec={{ kind: 'stacked', x, xLabel: 'Day', series: sources.map((source) => ({ name: sourceWords(source), values: by(source) })) }} />
      )}
      <Section title="By source"><Sources series={series} /></Section>
      {updatable && (
        <Chart title="How long did it take?" note={`Seconds, the longest run of each day · ${zone}`} description={`The longest run took ${formatDuration(Math.max(...days.map((d) => d.took_ms)))}.${failed > 0 ? ` ${formatCount(failed, 'run', 'runs')} failed.` : ''}`} file="duration"
          spec={{ kind: 'stacked', x, xLabel: 'Day', series: [{ name: 'Seconds', values: days.map((d) => (d.took_ms > 0 ? d.took_ms / 1000 : null)) }] }} />
      )}
      {updatable && (failed > 0 || skipped > 0) && <Text c="dimmed" size="xs">{[failed > 0 && `${formatCount(failed, 'run', 'runs')} failed: the list before was kept`, skipped > 0 && `${formatCount(skipped, 'run', 'runs')} found nothing changed`].filter(Boolean).join(' · ')}</Text>}
    </Stack>
  );
}

/** How the size changed from day to day, who came and went, and by what. */
export function FlowTab({ segment }: { segment: SegmentDetail }) {
  const [period = '30', setPeriod] = useSearchParam('period');
  const days = periods.some((p) => p.value === period) ? Number(period) : 30;
  const query = useSeries(segment.id, days);
  return (
    <Stack gap="md">
      <Group justify="flex-end"><SegmentedControl size="xs" aria-label="Period" value={String(days)} data={periods} onChange={(value) => { setPeriod(value === '30' ? undefined : value, { replace: true }); }} /></Group>
      <Loaded query={query} what="the history">{(series) => <Charts series={series} segment={segment} />}</Loaded>
    </Stack>
  );
}
