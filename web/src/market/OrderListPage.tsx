import { IconReceipt2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import { AppLink, FirstUse, formatCount, ListPage, MoneyText, NeedDatabase, Num, paths, StateBadge, Time, useListState, type Column } from '@/kit';
import { orderState, orderStates, type Order } from './model';

const columnsOf = (zone: string | undefined): Column<Order>[] => [
  { key: 'external_id', header: 'Order', cell: (o) => `#${o.external_id}` },
  { key: 'placed_at', header: 'Placed', sort: 'placed_at', cell: (o) => <Time value={o.placed_at} zone={zone} />, priority: 2 },
  { key: 'status', header: 'State', priority: 1, cell: (o) => <StateBadge state={o.status} size="sm" label={orderState(o.status).label} /> },
  { key: 'profile', header: 'Customer', priority: 2, cell: (o) => <span data-above><AppLink href={paths.profile(o.database_id, o.profile_id)}>{o.customer ?? `Profile ${o.profile_id}`}</AppLink></span> },
  { key: 'channel', header: 'Channel', cell: (o) => o.channel || null, priority: 3 },
  { key: 'lines', header: 'Lines', align: 'right', cell: (o) => <Num value={o.line_count} />, priority: 3 },
  { key: 'total', header: 'Total', sort: 'total', align: 'right', cell: (o) => <MoneyText value={{ amount: o.total, currency: o.currency }} />, priority: 1 },
];

/** The orders of the database at hand. */
export function OrderListPage() {
  const state = useListState({ defaultSort: '-placed_at' });
  const database = useDatabase();
  const databases = useDatabases();
  const id = database?.id;
  const { profile, ...params } = state.params;
  const figures = useQuery({
    queryKey: ['orders', 'figures', id], enabled: id !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/orders/figures', { params: { query: { database: id ?? 0 } }, signal })),
  });
  const channels = useQuery({ queryKey: ['sales-channels', id], enabled: id !== undefined, queryFn: ({ signal }) => ok(api.GET('/api/v1/market/channels', { params: { query: { database: id ?? 0 } }, signal })) }).data?.items ?? [];
  const query = useList<Order>(['orders', id, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/orders', {
    params: { query: { ...params, database: id ?? 0, limit, ...(profile ? { profile: Number(profile) } : {}), ...(cursor ? { cursor } : {}) } }, signal,
  })), { enabled: id !== undefined });
  if (databases?.length === 0) {
    return <NeedDatabase title="Orders" why="Orders belong to the people of a database." />;
  }
  return (
    <ListPage<Order> name="orders" title="Orders" noun={{ one: 'order', many: 'orders' }} query={query} state={state} columns={columnsOf(database?.timezone)} rowKey={(o) => o.id}
      secondary={[{ label: 'Sales over time', href: paths.sales() }]}
      rowLabel={(o) => `Order ${o.external_id}`} rowHref={(o) => paths.order(o.id)} searchLabel="Search by order id"
      filters={[{ key: 'status', label: 'State', options: orderStates }, { key: 'channel', label: 'Channel', options: channels.map((c) => ({ value: c.external_id, label: c.name })) }, { key: 'profile', label: 'Profile', options: profile ? [{ value: profile, label: `Profile ${profile}` }] : [] }]}
      facts={figures.data ? [formatCount(figures.data.orders, 'order', 'orders'), formatCount(figures.data.lines, 'line', 'lines'), figures.data.last_placed_at && <>newest <Time key="l" value={figures.data.last_placed_at} /></>] : []}
      help={{ text: 'Orders come from your shop or tills through the API or a file. What people bought, when and for how much can be used in segments at once.' }}
      empty={<FirstUse icon={IconReceipt2} title="See what people buy" text="Orders reach Fidelia from your shop through the API, or as a file. Each belongs to a profile, so segments can ask for recency, frequency and value." />} />
  );
}
