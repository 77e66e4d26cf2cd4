import { Alert, Group, Select, SimpleGrid, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { Chart, FigureTile, formatDay, Loaded, MoneyText, NeedDatabase, Num, Page, paths, useSearchParam, type Series } from '@/kit';
import type { components } from '@/api/schema';

type Figures = components['schemas']['MarketFigures'];
type Row = Figures['rows'][number];
const periods = [{ value: 'month', label: 'Last 30 days' }, { value: 'quarter', label: 'Last 90 days' }, { value: 'year', label: 'Last 12 months' }] as const;
const SPANS: Readonly<Record<string, { days: number; step: Figures['step'] }>> = { quarter: { days: 90, step: 'week' }, year: { days: 365, step: 'month' } };
const DAY = 86_400_000;
const MOST = 6;
const day = (at: Date) => at.toISOString().slice(0, 10);

/** Every step of the period, also those without an order. */
export function stepsOf(first: string, last: string, step: Figures['step']): string[] {
  const at = new Date(`${first}T00:00:00Z`);
  if (step === 'week') at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  if (step === 'month') at.setUTCDate(1);
  const steps: string[] = [];
  while (day(at) <= last) {
    steps.push(day(at));
    if (step === 'month') at.setUTCMonth(at.getUTCMonth() + 1);
    else at.setUTCDate(at.getUTCDate() + (step === 'week' ? 7 : 1));
  }
  return steps;
}

/** A line for each of the largest channels, and one for the others. */
export function byChannel(rows: readonly Row[], steps: readonly string[], of: (rows: readonly Row[]) => number | null): Series[] {
  const orders = new Map<string, number>();
  for (const row of rows) orders.set(row.channel, (orders.get(row.channel) ?? 0) + row.orders);
  const names = [...orders].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const large = names.length > MOST ? names.slice(0, MOST - 1) : names;
  const line = (keep: (row: Row) => boolean) => steps.map((start) => of(rows.filter((row) => row.start === start && keep(row))));
  const lines: Series[] = large.map((name) => ({ name: name || 'No channel', values: line((row) => row.channel === name) }));
  return large.length < names.length ? [...lines, { name: 'Other channels', role: 'other', values: line((row) => !large.includes(row.channel)) }] : lines;
}

const sum = (rows: readonly Row[], of: (row: Row) => number) => rows.reduce((all, row) => all + of(row), 0);
const cents = (value: number) => Math.round(value * 100) / 100;

function Charts({ figures, currency }: { figures: Figures; currency: string }) {
  const rows = figures.rows.filter((row) => row.currency === currency);
  const steps = stepsOf(figures.first, figures.last, figures.step);
  const total = figures.totals.find((t) => t.currency === currency);
  const x = steps.map((start) => formatDay(start));
  const xLabel = { day: 'Day', week: 'Week from', month: 'Month from' }[figures.step];
  const note = (what: string) => `${what} · days in ${figures.timezone} · by the day the order was placed`;
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <FigureTile label="Orders" value={<Num value={total?.orders ?? 0} />} note="without those cancelled or given back" href={paths.orders()} />
        <FigureTile label="Revenue" value={<MoneyText value={{ amount: total?.revenue ?? '0', currency }} />} note={Number(total?.refunded ?? 0) !== 0 && <>after <MoneyText value={{ amount: total?.refunded ?? '0', currency }} /> given back</>} />
        <FigureTile label="Average basket" value={<MoneyText value={{ amount: total?.average ?? '0', currency }} />} />
      </SimpleGrid>
      <Chart title="Orders" note={note('Orders')} file="orders" description={`${total?.orders ?? 0} orders from ${formatDay(figures.first)} to ${formatDay(figures.last)}`} spec={{ kind: 'stacked', xLabel, x, series: byChannel(rows, steps, (of) => sum(of, (r) => r.orders)) }} />
      <Chart title="Revenue" note={note(currency)} file="revenue" description={`${total?.revenue ?? '0'} ${currency} in all`} spec={{ kind: 'stacked', xLabel, x, series: byChannel(rows, steps, (of) => cents(sum(of, (r) => Number(r.revenue)))) }} />
      <Chart title="Average basket" note={note(`${currency} an order`)} file="basket" description={`${total?.average ?? '0'} ${currency} on the average`} spec={{ kind: 'line', xLabel, x, series: byChannel(rows, steps, (of) => (of.length === 0 ? null : cents(sum(of, (r) => Number(r.revenue)) / sum(of, (r) => r.orders)))) }} />
    </>
  );
}

/** What the orders of the database at hand come to over time, by channel. */
export function FiguresPage() {
  const database = useDatabase();
  const databases = useDatabases();
  const [period, setPeriod] = useSearchParam('period');
  const [chosen, setCurrency] = useSearchParam('currency');
  const span = SPANS[period ?? ''] ?? { days: 30, step: 'day' as const };
  const last = day(new Date()), first = day(new Date(Date.now() - (span.days - 1) * DAY));
  const query = useQuery({
    queryKey: ['market-figures', database?.id, first, last], enabled: database !== undefined, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/figures', { params: { query: { database: database?.id ?? 0, from: first, to: last, step: span.step } }, signal })),
  });
  if (databases?.length === 0) return <NeedDatabase title="Sales" crumbs={[{ label: 'Orders', href: paths.orders() }]} why="Orders belong to the people of a database." />;
  const currencies = query.data?.totals.map((t) => t.currency) ?? [];
  const currency = currencies.find((c) => c === chosen) ?? currencies[0];
  return (
    <Page title="Sales" crumbs={[{ label: 'Orders', href: paths.orders() }]}
      tools={(
        <Group gap="xs">
          {currencies.length > 1 && <Select aria-label="Currency" w={96} allowDeselect={false} data={currencies} value={currency ?? null} onChange={(value) => { setCurrency(value ?? undefined); }} />}
          <Select aria-label="Period" w={168} allowDeselect={false} data={periods} value={periods.find((p) => p.value === period)?.value ?? 'month'} onChange={(value) => { setPeriod(value ?? undefined); }} />
        </Group>
      )}>
      <Loaded query={query} what="the sales">
        {(figures) => (currency === undefined ? <Text c="dimmed">No orders in this period.</Text> : <>{!figures.complete && <Alert color="marigold">Orders of the last minutes are still on their way into these figures.</Alert>}<Charts figures={figures} currency={currency} /></>)}
      </Loaded>
    </Page>
  );
}
