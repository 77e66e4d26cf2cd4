import { Alert } from '@mantine/core';
import { IconRosetteDiscount } from '@tabler/icons-react';
import { AppLink, Chart, FigureTile, FigureTiles, FirstUse, formatAmount, formatNumber, formatPercent, NO_VALUE, paths, Section, SmallTable, type Column } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { isNought, noteOf, num, spanOf, stepHead, together, usePromotionsReport, xOf, type Promotions } from './model';

type Effect = Promotions['promotions'][number];

/** `+3.20 €`: the basket with a promotion against those without it. */
export function beside(row: Pick<Effect, 'used' | 'other'>, currency: string): string {
  if (row.used.average === null || row.other.average === null) return NO_VALUE;
  const by = Number(row.used.average) - Number(row.other.average);
  return `${by > 0 ? '+' : ''}${formatAmount(by.toFixed(2), currency)}`;
}

const pointsWords = (row: Effect) => row.points.filter((one) => !isNought(one.accrued)).map((one) => `${formatNumber(one.accrued)}\u00A0${one.points}${isNought(one.taken_back) ? '' : ` (${formatNumber(one.taken_back)} back)`}`).join(', ');

const columnsOf = (program: number, currency: string): Column<Effect>[] => [
  { key: 'name', header: 'Promotion', priority: 1, cell: (row) => <AppLink href={paths.promotion(program, row.id)}>{row.name}</AppLink> },
  { key: 'orders', header: 'Orders', align: 'right', priority: 1, cell: (row) => formatNumber(row.used.orders) },
  { key: 'share', header: 'Of all', align: 'right', priority: 2, cell: (row) => together(formatPercent(row.share)) },
  { key: 'buyers', header: 'Buyers', align: 'right', priority: 3, cell: (row) => formatNumber(row.used.buyers) },
  { key: 'discount', header: 'Discount', align: 'right', priority: 2, cell: (row) => formatAmount(row.used.discount, currency) },
  { key: 'points', header: 'Points', align: 'right', priority: 2, cell: pointsWords },
  { key: 'revenue', header: 'Revenue', align: 'right', priority: 2, cell: (row) => formatAmount(row.used.revenue, currency) },
  { key: 'with', header: 'Basket with', align: 'right', priority: 3, cell: (row) => (row.used.average === null ? NO_VALUE : formatAmount(row.used.average, currency)) },
  { key: 'without', header: 'without', align: 'right', priority: 3, cell: (row) => (row.other.average === null ? NO_VALUE : formatAmount(row.other.average, currency)) },
  { key: 'beside', header: 'Difference', align: 'right', priority: 2, cell: (row) => beside(row, currency) },
];

function Body({ program, found }: TabProps & { found: Promotions }) {
  const { period, steps, total, used, other } = found, currency = found.currency ?? 'EUR';
  const x = xOf(steps, period.by), xLabel = stepHead[period.by];
  const average = (amount: string | null) => (amount === null ? NO_VALUE : formatAmount(amount, currency));
  return (
    <>
      <FigureTiles>
        <FigureTile label="With a promotion" value={formatNumber(used.orders)} note={`of ${formatNumber(total.orders)} orders${total.orders ? `, ${formatPercent(used.orders / total.orders)}` : ''}`} trend={steps.map((s) => s.used.orders)} />
        <FigureTile label="Discount given" value={formatAmount(total.discount, currency)} note={used.orders ? `${formatAmount((Number(total.discount) / used.orders).toFixed(2), currency)} each on ${formatNumber(used.orders)} orders` : undefined} trend={steps.map((s) => num(s.used.discount))} />
        <FigureTile label="Basket with" value={average(used.average)} note={used.lines === null ? undefined : `${formatNumber(used.lines, 1)} lines`} />
        <FigureTile label="Basket without" value={average(other.average)} note={other.lines === null ? undefined : `${formatNumber(other.lines, 1)} lines`} />
      </FigureTiles>
      <Alert variant="light" color="iris">Orders with a promotion beside those without it are a comparison, no proof: whoever uses a promotion may buy more anyway. A campaign with a control group proves it.</Alert>
      <Section title="Each promotion"><SmallTable label="Effect of promotions" columns={columnsOf(program.id, currency)} rows={found.promotions} rowKey={(row) => row.id} /></Section>
      <Chart title="Revenue with and without a promotion" note={noteOf(`${currency} less what was given back · by the day of the order`, period)} file="promotions-revenue" description={`${formatAmount(used.revenue, currency)} with a promotion, ${formatAmount(other.revenue, currency)} without`}
        spec={{ kind: 'stacked', xLabel, x, series: [{ name: 'With a promotion', values: steps.map((s) => num(s.used.revenue)) }, { name: 'Without', role: 'other', values: steps.map((s) => num(s.other.revenue)) }] }} />
      <Chart title="How large is a basket?" note={noteOf(`${currency} an order`, period)} file="promotions-basket" description={`${average(used.average)} with a promotion, ${average(other.average)} without`}
        spec={{ kind: 'line', xLabel, x, series: [{ name: 'With', values: steps.map((s) => (s.used.average === null ? null : num(s.used.average))) }, { name: 'Without', role: 'other', values: steps.map((s) => (s.other.average === null ? null : num(s.other.average))) }] }} />
    </>
  );
}

/** What promotions did to orders: how many, how much they cost, and baskets with and without. */
export function PromotionsTab({ program }: TabProps) {
  return (
    <Frame program={program} report="promotions" what="the effect of promotions" use={usePromotionsReport}>
      {(found) => (found.total.orders === 0
        ? <FirstUse icon={IconRosetteDiscount} title="No orders in this period" text={`Promotions show their effect on orders: there were none from ${spanOf(found.period)}. Orders come by the API of the till or the shop, or by an import.`} primary={{ label: 'Open orders', href: paths.orders() }} secondary={{ label: 'Try a basket', href: paths.loyaltyTest(program.id) }} />
        : <Body program={program} found={found} />)}
    </Frame>
  );
}
