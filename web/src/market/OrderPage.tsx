import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Details, doneToast, failToast, formatCount, Loaded, MoneyText, named, Page, paths, Section, SideDrawer, SmallTable, StateBadge, TagList, Time, useDrawer, useIdParam, type Column, type PageAction } from '@/kit';
import { Calculation } from '@/loyalty/orders/Calculation';
import { orderState, orderStates, shown, useRegions, useWhere, type OrderDetail, type OrderStatus } from './model';
import { Lines } from './orders/Lines';
import { refundable, RefundForm } from './orders/RefundForm';

type Refund = NonNullable<OrderDetail['refunds']>[number];

function Refunds({ order }: { order: OrderDetail }) {
  const columns: Column<Refund>[] = [
    { key: 'at', header: 'When', cell: (r) => <Time value={r.created_at} mode="absolute" /> },
    { key: 'amount', header: 'Given back', align: 'right', priority: 1, cell: (r) => <MoneyText value={{ amount: r.amount, currency: order.currency }} /> },
    { key: 'lines', header: 'Of', priority: 2, cell: (r) => [r.lines.length > 0 ? formatCount(r.lines.length, 'line', 'lines') : null, Number(r.delivery) === 0 ? null : 'the delivery'].filter(Boolean).join(' and ') },
    { key: 'why', header: 'Reason', priority: 2, cell: (r) => r.reason || null },
    { key: 'who', header: 'By', priority: 3, cell: (r) => r.author || 'the shop' },
  ];
  const rows = order.refunds ?? [];
  return rows.length === 0 ? null : <Section title="Refunds"><SmallTable label="Refunds of the order" columns={columns} rows={rows} rowKey={(r) => r.id} /></Section>;
}

function useStatusMenu(order: OrderDetail | undefined): PageAction[] {
  const can = useCan('market:update');
  const set = useAction({
    refresh: [['orders']],
    run: ({ id, status }: { id: number; status: OrderStatus }, { headers }) => ok(api.PATCH('/api/v1/market/orders/{order_id}', { params: { path: { order_id: id } }, body: { status }, headers })),
  });
  if (!order || !can) return [];
  const given = Number(order.refunded) !== 0;
  const possible = orderStates.filter((s) => s.value !== order.status && s.value !== 'created' && s.value !== 'part_refunded' && s.value !== 'refunded' && !(given && s.value !== 'cancelled'));
  return possible.map((s) => ({
    label: `Mark as ${s.label.toLowerCase()}…`,
    onClick: () => void confirmConsequence({
      title: `Mark order #${order.external_id} as ${s.label.toLowerCase()}?`,
      body: 'Its lines follow. The change is written to the history of the customer, where scenarios and segments see it.', action: `Mark as ${s.label.toLowerCase()}`, keep: 'Leave it',
    }).then((yes) => { if (yes) set.mutate({ id: order.id, status: s.value }, { onSuccess: () => { doneToast(`Order #${order.external_id} is ${s.label.toLowerCase()}`); }, onError: failToast }); }),
  }));
}

/** One order with its lines, where they stand, and what was given back of it. */
export function OrderPage() {
  const id = useIdParam('orderId');
  const query = useQuery({ queryKey: ['orders', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/orders/{order_id}', { params: { path: { order_id: id } }, signal })) });
  const order = query.data;
  const zone = useDatabases()?.find((db) => db.id === order?.database_id)?.timezone;
  const { channel, touchpoint } = useWhere(order);
  const region = useRegions(Boolean(order?.region)).data?.items.find((r) => r.external_id === order?.region)?.name ?? order?.region;
  const menu = useStatusMenu(order);
  const drawer = useDrawer('refund');
  const can = useCan('market:update');
  const state = order && orderState(order.status);
  const rest = order && order.status !== 'cancelled' && (refundable(order).length > 0 || Number(order.delivery) > Number(order.delivery_refunded));
  return (
    <Page title={named(query, (found) => `Order #${found.external_id}`, 'Order')} crumbs={[{ label: 'Orders', href: paths.orders() }]} badges={state && <StateBadge state={state.value} label={state.label} />}
      facts={order ? [<AppLink key="c" href={paths.profile(order.database_id, order.profile_id)}>{order.customer ?? `Profile ${order.profile_id}`}</AppLink>, <Time key="t" value={order.placed_at} mode="absolute" zone={zone} showZone />, channel, <MoneyText key="m" value={{ amount: order.total, currency: order.currency }} />] : []}
      secondary={can && rest ? [{ label: 'Refund…', onClick: () => { drawer.open(id); } }] : []} menu={menu}>
      <Loaded query={query} what="the order">
        {(found) => (
          <>
            <Section title={formatCount(found.line_count, 'line', 'lines')}><Lines order={found} /></Section>
            <Refunds order={found} />
            <Calculation orderId={found.id} />
            <Section title="About the order">
              <Details items={[
                ['Customer', <AppLink key="c" href={paths.profile(found.database_id, found.profile_id)}>{found.customer ?? `Profile ${found.profile_id}`}</AppLink>],
                ['Channel', channel],
                ['Touchpoint', touchpoint],
                ['Region', region],
                ['Tags', found.tags.length > 0 ? <TagList key="g" tags={found.tags} /> : null],
                ['Placed', <Time key="p" value={found.placed_at} mode="absolute" zone={zone} showZone />],
                ['Received', <Time key="r" value={found.created_at} mode="absolute" />],
                ['Last change', <Time key="u" value={found.updated_at} mode="absolute" />],
                ...Object.entries(found.properties).map(([key, value]) => [key, shown(value)] as const),
              ]} />
              {found.status === 'part_refunded' && <Text size="sm" c="dimmed">What was given back stays so when the shop sends the order again.</Text>}
            </Section>
          </>
        )}
      </Loaded>
      <SideDrawer name="refund" right="market:update" title="Refund">{() => (order ? <RefundForm order={order} onDone={drawer.close} onCancel={drawer.close} /> : null)}</SideDrawer>
    </Page>
  );
}
