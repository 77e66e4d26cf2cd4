import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { AppLink, FigureTile, FigureTiles, formatAmount, formatCount, Num, paths, Rate, Section, SmallTable, type Column } from '@/kit';
import type { Conversions } from './model';

type Row = Conversions['goals'][number];
const words = { token: 'came by its link', click: 'after a click', open: 'after an open', delivery: 'after it arrived' } as const;
const revenue = (figures: Row['figures']) => figures.revenue.map((one) => formatAmount(one.amount, one.currency)).join(' · ');

/** What a mailing has led to: goals and orders, by goal and by how they found it. */
export function ConversionsPanel({ mailing, run, delivered }: { mailing: { id: number; run_id: number | null }; run: number | undefined; delivered: number }) {
  const { data } = useQuery({
    queryKey: ['mailings', mailing.id, 'conversions', run], refetchInterval: 15_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}/conversions', { params: { path: { mailing_id: mailing.id }, query: run ? { run } : {} }, signal })),
  });
  if (!data || data.total.count === 0) return null;
  const people = (reason?: string) => `${paths.mailing(mailing.id)}?tab=people&filter=${encodeURIComponent(JSON.stringify({ state: ['converted'], ...(reason ? { reason: [reason] } : {}), ...(run && run !== mailing.run_id ? { run: [String(run)] } : {}) }))}`;
  const columns: Column<Row>[] = [
    { key: 'name', header: 'Goal', cell: (row) => row.name },
    { key: 'people', header: 'People', align: 'right', priority: 2, cell: (row) => <Num value={row.figures.people} /> },
    { key: 'count', header: 'Conversions', align: 'right', priority: 1, cell: (row) => <Num value={row.figures.count} /> },
    { key: 'revenue', header: 'Revenue', align: 'right', priority: 2, cell: (row) => revenue(row.figures) || '–' },
  ];
  const { attribution: how } = data;
  return (
    <Section title="Conversions">
      <Stack>
        <FigureTiles>
          <FigureTile label="Converted" value={<Rate part={data.total.people} whole={delivered} short />} note={`${formatCount(data.total.people, 'person', 'people')}, ${formatCount(data.total.count, 'time', 'times')}`} href={people()} />
          {data.total.revenue.map((one) => <FigureTile key={one.currency} label={`Revenue, ${one.currency}`} value={formatAmount(one.amount, one.currency)} note="Orders and goals worth money" />)}
        </FigureTiles>
        <SmallTable label="Conversions by goal" columns={columns} rows={data.goals} rowKey={(row) => `${row.kind}${row.goal}`} />
        <Group gap="md">{data.by.map((one) => <Text key={one.by} size="sm"><Num value={one.figures.count} /> {words[one.by]}</Text>)}</Group>
        <Text size="xs" c="dimmed">Counted for this mailing when somebody came by its link, or else when it was the last one they clicked on, opened or got within {formatCount(how.window_days, 'day', 'days')}. <AppLink href={people()}>See the people</AppLink></Text>
      </Stack>
    </Section>
  );
}
