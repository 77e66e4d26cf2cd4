import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { toProblem } from '@/api/problem';
import type { components } from '@/api/schema';
import { AppLink, formatAmount, NO_VALUE, PanelError, paths, Section, SmallTable, ToneBadge, useTold, type Column } from '@/kit';

type Stored = components['schemas']['StoredCalculation'];
type Entry = Stored['calculation']['trace'][number];
const STATUS = { applied: 'Applied', skipped: 'Passed over', rejected: 'Did not fit' } as const;
const TONE = { applied: 'moss', skipped: 'marigold', rejected: 'gray' } as const;

function effect(entry: Entry, currency: string): string {
  if (entry.before === null || entry.after === null) return NO_VALUE;
  return entry.measure === 'points' ? `${entry.before} → ${entry.after} points` : `${formatAmount(entry.before, currency)} → ${formatAmount(entry.after, currency)}`;
}

/** How a placed order was calculated, as it was told then: every promotion, what it did, and why not. */
export function Calculation({ orderId }: { orderId: number }) {
  const query = useQuery({
    queryKey: ['orders', orderId, 'calculation'],
    queryFn: async ({ signal }): Promise<Stored | null> => {
      try {
        return await ok(api.GET('/api/v1/market/orders/{order_id}/calculation', { params: { path: { order_id: orderId } }, signal }));
      } catch (error) {
        if (toProblem(error).status === 404) return null; // an order that was not placed through the program
        throw error;
      }
    },
  });
  useTold(query.error);
  if (query.error) return <PanelError error={query.error} what="how it was calculated" onRetry={() => void query.refetch()} />;
  if (!query.data) return null;
  const { calculation: told, accrues, accrued_at: accrued } = query.data;
  const program = told.program;
  const columns: Column<Entry>[] = [
    { key: 'name', header: 'Promotion', cell: (e) => (program === null ? e.name : <AppLink href={paths.promotion(program, e.promotion)}>{e.name}</AppLink>) },
    { key: 'status', header: 'Outcome', cell: (e) => <ToneBadge tone={TONE[e.status]}>{STATUS[e.status]}</ToneBadge> },
    { key: 'effect', header: 'Before and after', align: 'right', priority: 2, cell: (e) => <span className="fd-num">{effect(e, told.currency)}</span> },
    { key: 'why', header: 'Why', priority: 2, cell: (e) => e.why || (e.limited ? 'Cut by a limit or a lowest price' : NO_VALUE) },
  ];
  const earned = Object.entries(told.points.accrue).map(([key, amount]) => `${amount} ${key}`).join(', ');
  const paid = Object.entries(told.points.redeem).map(([key, amount]) => `${amount} ${key}`).join(', ');
  return (
    <Section title="How this was calculated">
      <Stack gap="xs">
        <Text size="sm">
          {formatAmount(told.total, told.currency)} before, {formatAmount(told.final, told.currency)} to pay: {formatAmount(told.discount, told.currency)} off by promotions{paid ? `, ${formatAmount(told.redeemed, told.currency)} paid with ${paid}` : ''}.
          {earned ? ` Earned ${earned}${accrued === null && accrues !== null ? `, credited when the order is ${accrues}` : ''}.` : ''}
        </Text>
        {told.trace.length > 0 && <SmallTable<Entry> label="What became of every promotion" columns={columns} rows={told.trace} rowKey={(e) => e.promotion} />}
      </Stack>
    </Section>
  );
}
