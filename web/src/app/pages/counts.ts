import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { Database } from '@/api/database';
import type { ListReply } from '@/api/list';
import { useCan, useCanAny } from '@/api/session';

/** undefined: not known yet, or nothing this person may see; null: the server could not say. */
export interface Counts {
  profiles?: number | null;
  subscribed?: number | null;
  orders?: number | null;
  lastOrder?: string | null;
  products?: number | null;
  segments?: number | null;
  templates?: number | null;
  mailings?: number | null;
}

type Listed = 'segments' | 'templates' | 'mailings';

const one = { query: { limit: 1 } };
const lists: readonly { key: Listed; right: string; ask: (signal: AbortSignal) => Promise<ListReply<unknown>> }[] = [
  { key: 'segments', right: 'segments:read', ask: (signal) => ok(api.GET('/api/v1/segments', { params: one, signal })) },
  { key: 'templates', right: 'templates:read', ask: (signal) => ok(api.GET('/api/v1/templates', { params: one, signal })) },
  { key: 'mailings', right: 'mailings:read', ask: (signal) => ok(api.GET('/api/v1/mailings', { params: one, signal })) },
];

const settled = (query: UseQueryResult): boolean => !query.isPending || query.fetchStatus === 'idle';

/** How much of everything there is, by one cheap request each. */
export function useCounts(db: Database | undefined): { counts: Counts; known: boolean; asOf: string | undefined } {
  const can = useCanAny();
  const seesProfiles = useCan('profiles:read'), seesMarket = useCan('market:read');
  const id = db?.id ?? 0;
  const people = useQuery({
    queryKey: ['databases', id, 'counters'], enabled: seesProfiles && db !== undefined, staleTime: 60_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/counters', { params: { path: { database_id: id } }, signal })),
  });
  const orders = useQuery({
    queryKey: ['orders', 'figures', id], enabled: seesMarket && db !== undefined, staleTime: 60_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/orders/figures', { params: { query: { database: id } }, signal })),
  });
  const products = useQuery({
    queryKey: ['products', 'figures'], enabled: seesMarket, staleTime: 60_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/products/figures', { signal })),
  });
  const asked = lists.filter((list) => can(list.right));
  const found = useQueries({
    queries: asked.map(({ key, ask }) => ({
      queryKey: [key, 'count'],
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(signal),
      staleTime: 15_000,
    })),
  });

  const counts: Counts = {};
  if (people.data) {
    counts.profiles = people.data.total;
    counts.subscribed = people.data.statuses.subscribed ?? 0;
  } else if (people.error) counts.profiles = null;
  if (orders.data) {
    counts.orders = orders.data.orders;
    counts.lastOrder = orders.data.last_placed_at;
  } else if (orders.error) counts.orders = null;
  if (products.data) counts.products = products.data.products;
  else if (products.error) counts.products = null;
  asked.forEach(({ key }, i) => {
    const query = found[i];
    if (query?.data) counts[key] = query.data.total ?? null;
    else if (query?.error) counts[key] = null;
  });
  const all = [people, orders, products, ...found];
  const times = all.flatMap((query) => (query.dataUpdatedAt > 0 ? [query.dataUpdatedAt] : []));
  return { counts, known: all.every(settled), asOf: times.length > 0 ? new Date(Math.min(...times)).toISOString() : undefined };
}
