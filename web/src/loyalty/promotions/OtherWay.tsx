import { Anchor, Button, Group, Loader, Text } from '@mantine/core';
import { useState } from 'react';
import { AppLink, formatAmount, formatCount, PanelError, paths, useAnnounce } from '@/kit';
import { useOtherWay, type Arbitration, type OtherWay as Found } from './model';

const WAYS = { best: 'best for the customer', priority: 'the order below' } as const;

/** `Of the last 100 orders, best for the customer would give more in 6: €12.40 in all.` */
export function otherWayWords({ other, orders, days, sums }: Pick<Found, 'other' | 'orders' | 'days' | 'sums'>): string {
  if (orders === 0) return `No orders in the last ${String(days)} days to compare.`;
  const of = orders === 1 ? 'For the last order' : `Of the last ${formatCount(orders, 'order', 'orders')}`;
  const told = sums.flatMap((sum) => {
    const by = Number(sum.by), less = sum.less > sum.more || (sum.less === sum.more && by < 0), n = less ? sum.less : sum.more;
    return n === 0 ? [] : [`${WAYS[other]} would give ${less ? 'less' : 'more'} in ${formatCount(n, 'order', 'orders')}: ${formatAmount(sum.by.replace('-', ''), sum.currency)} in all`];
  });
  return told.length ? `${of}, ${told.join('; ')}.` : `${of}, ${WAYS[other]} would give as much${orders === 1 ? '' : ' in each'}.`;
}

/** What the other way to choose would have given orders of late: worked out when it is asked for. */
export function OtherWay({ programId, mode }: { programId: number; mode: Arbitration['mode'] }) {
  const [on, setOn] = useState(false);
  const query = useOtherWay(programId, mode, on);
  useAnnounce(on && query.data && !query.isPlaceholderData ? otherWayWords(query.data) : undefined);
  if (!on) return <div><Button variant="default" size="compact-sm" onClick={() => { setOn(true); }}>What would the other way give?</Button></div>;
  if (query.error) return <PanelError error={query.error} what="what the other way would give" onRetry={() => void query.refetch()} />;
  if (!query.data || query.isPlaceholderData) return <Group gap="xs"><Loader size="xs" /><Text size="sm" c="dimmed">Working out the last orders both ways…</Text></Group>;
  const found = query.data;
  return (
    <div>
      <Text data-testid="other-way">{otherWayWords(found)}</Text>
      {found.examples.length > 0 && (
        <Text size="sm">
          {found.examples.map((one, n) => <span key={one.order}>{n > 0 && ', '}<Anchor component={AppLink} href={paths.order(one.order)}>{one.external_id}</Anchor> {Number(one.more) > 0 ? '+' : '−'}{formatAmount(one.more.replace('-', ''), one.currency)}</span>)}
        </Text>
      )}
      {found.orders > 0 && <Text size="sm" c="dimmed">Orders of {found.days} days, tried as if placed now, without promo codes. Points count by what they are worth. Nothing was written.</Text>}
    </div>
  );
}
