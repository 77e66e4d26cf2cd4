import { Group, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Details, doneToast, failToast, formatCount, Loaded, MoneyText, named, Num, Page, paths, Section, StateBadge, Time, useIdParam, type PageAction } from '@/kit';
import { orderState, orderStates, type OrderDetail, type OrderStatus } from './model';

/** What was bought: a table, and on a phone two lines each. */
function Lines({ order }: { order: OrderDetail }) {
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const money = (amount: string | null) => (amount === null ? '–' : <MoneyText value={{ amount, currency: order.currency }} />);
  if (narrow) {
    const sum = (label: string, amount: string, strong = false) => <Group justify="space-between"><Text fw={strong ? 650 : undefined}>{label}</Text><Text fw={strong ? 650 : undefined} component="div">{money(amount)}</Text></Group>;
    return (
      <Stack gap="sm">
        {(order.lines ?? []).map((line) => (
          <Group key={line.line} justify="space-between" align="start" wrap="nowrap" gap="sm">
            <div>
              <AppLink href={paths.product(line.product_id)}>{line.name}</AppLink>
              <Text size="xs" c="dimmed">{Number(line.quantity) === 0 ? 'adjustment' : <><Num value={line.quantity} /> × {money(line.price)}</>}{Number(line.discount) !== 0 && <> · discount {money(line.discount)}</>}{line.status ? ` · ${line.status}` : ''}</Text>
            </div>
            {money(line.total)}
          </Group>
        ))}
        <div style={{ borderTop: '1px solid var(--fd-hairline)', paddingTop: 8 }}>
          {Number(order.delivery) !== 0 && sum('Delivery', order.delivery)}
          {sum('Total', order.total, true)}
        </div>
      </Stack>
    );
  }
  return (
    <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs">
        <Table.Caption>Lines and delivery sum to the total of the order.</Table.Caption>
        <Table.Thead><Table.Tr><Table.Th>Product</Table.Th><Table.Th ta="right">Quantity</Table.Th><Table.Th ta="right">Price</Table.Th><Table.Th ta="right">Discount</Table.Th><Table.Th ta="right">Total</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {(order.lines ?? []).map((line) => (
            <Table.Tr key={line.line}>
              <Table.Td><AppLink href={paths.product(line.product_id)}>{line.name}</AppLink> <Text span c="dimmed" size="xs">{line.product}{line.status ? ` · ${line.status}` : ''}</Text></Table.Td>
              <Table.Td ta="right">{Number(line.quantity) === 0 ? <Text span c="dimmed">adjustment</Text> : <Num value={line.quantity} />}</Table.Td>
              <Table.Td ta="right">{money(line.price)}</Table.Td>
              <Table.Td ta="right">{Number(line.discount) === 0 ? '–' : money(line.discount)}</Table.Td>
              <Table.Td ta="right">{money(line.total)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          {Number(order.delivery) !== 0 && <Table.Tr><Table.Th scope="row" colSpan={4}>Delivery</Table.Th><Table.Td ta="right">{money(order.delivery)}</Table.Td></Table.Tr>}
          <Table.Tr><Table.Th scope="row" colSpan={4}>Total</Table.Th><Table.Td ta="right" fw={700}>{money(order.total)}</Table.Td></Table.Tr>
        </Table.Tfoot>
      </Table>
    </Table.ScrollContainer>
  );
}

function useStatusMenu(order: OrderDetail | undefined): PageAction[] {
  const can = useCan('market:update');
  const set = useAction({
    refresh: [['orders']],
    run: ({ id, status }: { id: number; status: OrderStatus }, { headers }) => ok(api.PATCH('/api/v1/market/orders/{order_id}', { params: { path: { order_id: id } }, body: { status }, headers })),
  });
  if (!order || !can) return [];
  return orderStates.filter((s) => s.value !== order.status && s.value !== 'created').map((s) => ({
    label: `Mark as ${s.label.toLowerCase()}…`,
    onClick: () => void confirmConsequence({
      title: `Mark order #${order.external_id} as ${s.label.toLowerCase()}?`,
      body: 'The change is written to the history of the customer, where scenarios and segments see it.', action: `Mark as ${s.label.toLowerCase()}`, keep: 'Leave it',
    }).then((yes) => { if (yes) set.mutate({ id: order.id, status: s.value }, { onSuccess: () => { doneToast(`Order #${order.external_id} is ${s.label.toLowerCase()}`); }, onError: failToast }); }),
  }));
}

/** One order with its lines. */
export function OrderPage() {
  const id = useIdParam('orderId');
  const query = useQuery({ queryKey: ['orders', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/orders/{order_id}', { params: { path: { order_id: id } }, signal })) });
  const order = query.data;
  const zone = useDatabases()?.find((db) => db.id === order?.database_id)?.timezone;
  const menu = useStatusMenu(order);
  const state = order && orderState(order.status);
  return (
    <Page title={named(query, (found) => `Order #${found.external_id}`, 'Order')} crumbs={[{ label: 'Orders', href: paths.orders() }]} badges={state && <StateBadge state={state.value} label={state.label} />}
      facts={order ? [<AppLink key="c" href={paths.profile(order.database_id, order.profile_id)}>{order.customer ?? `Profile ${order.profile_id}`}</AppLink>, <Time key="t" value={order.placed_at} mode="absolute" zone={zone} showZone />, order.channel, <MoneyText key="m" value={{ amount: order.total, currency: order.currency }} />] : []}
      menu={menu}>
      <Loaded query={query} what="the order">
        {(found) => (
          <>
            <Section title={formatCount(found.line_count, 'line', 'lines')}><Lines order={found} /></Section>
            <Section title="About the order">
              <Details items={[
                ['Customer', <AppLink key="c" href={paths.profile(found.database_id, found.profile_id)}>{found.customer ?? `Profile ${found.profile_id}`}</AppLink>],
                ['Placed', <Time key="p" value={found.placed_at} mode="absolute" zone={zone} showZone />],
                ['Received', <Time key="r" value={found.created_at} mode="absolute" />],
                ['Last change', <Time key="u" value={found.updated_at} mode="absolute" />],
                ...Object.entries(found.properties).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const),
              ]} />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
