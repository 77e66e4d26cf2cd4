import { Text } from '@mantine/core';
import { IconHeartHandshake } from '@tabler/icons-react';
import { FirstUse, formatAmount, formatCount, formatNumber, NO_VALUE, paths, Section, SmallTable, type Column } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { stepHead, stepName, usePartnersReport, type Period, type Settlement } from './model';

type Points = Settlement['points'][number];
type Step = Settlement['steps'][number];
type Balance = Settlement['balances'][number];

const money = (amount: string | null, currency: string | null) => (amount === null || currency === null ? NO_VALUE : formatAmount(amount, currency));

const pointColumns: Column<Points>[] = [
  { key: 'points', header: 'Points', priority: 1, cell: (row) => row.points },
  { key: 'issued', header: 'Earned with its goods', align: 'right', priority: 2, cell: (row) => formatNumber(row.issued) },
  { key: 'funded', header: 'It funds', align: 'right', priority: 2, cell: (row) => formatNumber(row.funded) },
  { key: 'owes', header: 'It owes', align: 'right', priority: 2, cell: (row) => money(row.partner_owes, row.currency) },
  { key: 'redeemed', header: 'Paid for its goods', align: 'right', priority: 2, cell: (row) => formatNumber(row.redeemed) },
  { key: 'program', header: 'The program owes', align: 'right', priority: 2, cell: (row) => money(row.program_owes, row.currency) },
];

/** Who pays whom: `The partner pays €12.00`. */
export function balanceWords(one: Balance): string {
  const sign = Number(one.balance);
  if (sign === 0) return `Nothing to settle in ${one.currency}`;
  return `${sign > 0 ? 'The partner pays' : 'The program pays'} ${formatAmount(one.balance.replace('-', ''), one.currency)}`;
}

/** The same in a table of the partner: `it pays €12.00`. */
const briefWords = (one: Balance): string => (Number(one.balance) === 0 ? formatAmount('0', one.currency) : `${Number(one.balance) > 0 ? 'it pays' : 'program pays'}\u00A0${formatAmount(one.balance.replace('-', ''), one.currency)}`);

const stepColumns = (period: Period): Column<Step>[] => [
  { key: 'step', header: stepHead[period.by], priority: 1, cell: (row) => stepName(row, period.by) },
  { key: 'orders', header: 'Orders', align: 'right', priority: 2, cell: (row) => formatNumber(row.orders) },
  { key: 'lines', header: 'Lines', align: 'right', priority: 3, cell: (row) => formatNumber(row.lines) },
  { key: 'balance', header: 'To settle', align: 'right', priority: 1, cell: (row) => row.balances.map(briefWords).join(', ') || NO_VALUE },
];

function Partner({ found, period }: { found: Settlement; period: Period }) {
  const revenue = found.revenue.map((one) => formatAmount(one.revenue, one.currency)).join(', ');
  const steps = found.steps.filter((step) => step.orders > 0 || step.balances.length > 0);
  return (
    <Section title={found.name} text={`${formatCount(found.orders, 'order', 'orders')}, ${formatCount(found.lines, 'line', 'lines')}${revenue ? `, ${revenue}` : ''} · it funds ${formatNumber(found.share)}\u00A0% of the points now`}>
      {found.balances.map((one) => <Text key={one.currency} fw={550}>{balanceWords(one)}</Text>)}
      {found.points.length > 0 && <SmallTable label={`Points of ${found.name}`} columns={pointColumns} rows={found.points} rowKey={(row) => row.points} />}
      {steps.length > 0 ? <SmallTable label={`Settlement with ${found.name}`} columns={stepColumns(period)} rows={steps} rowKey={(row) => row.first} /> : <Text c="dimmed">Nothing of this partner was bought in the period.</Text>}
    </Section>
  );
}

/** What the program and its partners owe each other. */
export function PartnersTab({ program }: TabProps) {
  return (
    <Frame program={program} report="partners" what="the settlement with partners" use={usePartnersReport}>
      {(found) => (found.partners.length === 0
        ? <FirstUse icon={IconHeartHandshake} title="There are no partners yet" text="A partner’s products earn points in your program, and the partner pays a share of them. This page then tells month by month who owes whom how much." primary={{ label: 'Add a partner', href: paths.program(program.id, 'partners') }} />
        : found.partners.map((one) => <Partner key={one.id} found={one} period={found.period} />))}
    </Frame>
  );
}
