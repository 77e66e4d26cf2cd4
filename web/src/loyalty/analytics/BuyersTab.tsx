import { Alert } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { Chart, FirstUse, formatAmount, formatNumber, formatPercent, NO_VALUE, paths, Section, SmallTable, type Column } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { noteOf, num, spanOf, stepHead, useBuyers, xOf, type Buyers } from './model';

type Sums = Buyers['members'];
interface Row { what: string; members: string; others: string }

/** Both sides, figure by figure. */
export function rowsOf({ members, others, share_of_orders, share_of_revenue }: Buyers, currency: string): Row[] {
  const money = (amount: string | null) => (amount === null ? NO_VALUE : formatAmount(amount, currency));
  const row = (what: string, of: (side: Sums) => string): Row => ({ what, members: of(members), others: of(others) });
  const rest = (share: number | null) => formatPercent(share === null ? null : 1 - share);
  return [
    row('Buyers', (side) => formatNumber(side.buyers)),
    row('Orders', (side) => formatNumber(side.orders)),
    { what: 'Share of orders', members: formatPercent(share_of_orders), others: rest(share_of_orders) },
    row('Revenue', (side) => money(side.revenue)),
    { what: 'Share of revenue', members: formatPercent(share_of_revenue), others: rest(share_of_revenue) },
    row('Average basket', (side) => money(side.average)),
    row('Lines an order', (side) => formatNumber(side.lines, 2)),
    row('Orders a buyer', (side) => formatNumber(side.frequency, 2)),
    row('Buyers who came back', (side) => formatPercent(side.repeat)),
  ];
}

const columns: Column<Row>[] = [
  { key: 'what', header: 'Figure', priority: 1, cell: (row) => row.what },
  { key: 'members', header: 'Members', align: 'right', priority: 2, cell: (row) => row.members },
  { key: 'others', header: 'Others', align: 'right', priority: 2, cell: (row) => row.others },
];

function Body({ found }: { found: Buyers }) {
  const { period, steps, members, others } = found, currency = found.currency ?? 'EUR';
  const x = xOf(steps, period.by), xLabel = stepHead[period.by];
  const average = (of: Sums) => (of.average === null ? null : num(of.average));
  return (
    <>
      <Alert variant="light" color="iris">Members are often those who bought more before they joined: this compares, it proves nothing.</Alert>
      <Section title="Members and others" text="An order is a member’s if its buyer was one when it was placed"><SmallTable label="Members against others" columns={columns} rows={rowsOf(found, currency)} rowKey={(row) => row.what} /></Section>
      <Chart title="Who brings the revenue?" note={noteOf(`${currency} less what was given back · by the day of the order`, period)} file="buyers-revenue" description={`${formatAmount(members.revenue, currency)} by members, ${formatAmount(others.revenue, currency)} by others`}
        spec={{ kind: 'stacked', xLabel, x, series: [{ name: 'Members', values: steps.map((s) => num(s.members.revenue)) }, { name: 'Others', role: 'other', values: steps.map((s) => num(s.others.revenue)) }] }} />
      <Chart title="How large is a basket?" note={noteOf(`${currency} an order`, period)} file="buyers-basket" description={`Members ${members.average ?? NO_VALUE}, others ${others.average ?? NO_VALUE} ${currency}`}
        spec={{ kind: 'line', xLabel, x, series: [{ name: 'Members', values: steps.map((s) => average(s.members)) }, { name: 'Others', role: 'other', values: steps.map((s) => average(s.others)) }] }} />
    </>
  );
}

/** Members against everybody else: orders, revenue, basket, how often they come. */
export function BuyersTab({ program }: TabProps) {
  return (
    <Frame program={program} report="buyers" what="members and others" use={useBuyers}>
      {(found) => (found.members.orders + found.others.orders === 0
        ? <FirstUse icon={IconUsers} title="No orders in this period" text={`Members and others are compared by their orders: there were none from ${spanOf(found.period)}.`} primary={{ label: 'Open orders', href: paths.orders() }} />
        : <Body found={found} />)}
    </Frame>
  );
}
