import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

export type Product = components['schemas']['ProductOut'];
export type ProductDetail = components['schemas']['ProductDetail'];
export type Sku = components['schemas']['SkuOut'];
export type RelationKind = ProductDetail['relations'][number]['kind'];
export type Order = components['schemas']['OrderRow'];
export type OrderDetail = components['schemas']['OrderDetail'];
export type OrderLine = components['schemas']['LineOut'];
export type OrderStatus = Order['status'];
export type SalesChannel = components['schemas']['SalesChannelOut'];
export type Region = components['schemas']['RegionOut'];
export type Currency = components['schemas']['CurrencyOut'];
export type MarketField = components['schemas']['MarketFieldOut'];
export type LineStatus = components['schemas']['LineStatusOut'];

export const orderStates: readonly { value: OrderStatus; label: string }[] = [
  { value: 'created', label: 'Placed' },
  { value: 'paid', label: 'Paid' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'part_refunded', label: 'Part refunded' },
  { value: 'refunded', label: 'Refunded' },
];

export const orderState = (status: OrderStatus) => orderStates.find((s) => s.value === status) ?? { value: status, label: status };

/** What a status of lines counts as, in words. */
export const kindWords: Readonly<Record<LineStatus['kind'], string>> = {
  new: 'new', in_process: 'in process', delivered: 'delivered', cancelled: 'cancelled', refunded: 'refunded',
};

/** The category tree, in its order; labels are indented by depth so that a flat menu still shows the tree. */
export function useCategories() {
  return useQuery({
    queryKey: ['categories'],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/categories', { signal })),
    staleTime: 60_000,
  }).data?.items;
}

/** What the channel and the touchpoint of an order are called; their ids while the names are on the way, or are gone. */
export function useWhere(order: OrderDetail | undefined): { channel: string | null; touchpoint: string | null } {
  const query = useQuery({ queryKey: ['sales-channels'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/channels', { signal })), staleTime: 60_000, enabled: order !== undefined });
  const channels = query.data?.items.filter((c) => c.database_id === order?.database_id) ?? [];
  const touchpoint = channels.flatMap((c) => c.touchpoints).find((t) => t.external_id === order?.touchpoint);
  const named = (name: string | undefined, key: string | null | undefined) => (key && query.isPending ? '…' : name ?? key ?? null);
  return { channel: named(channels.find((c) => c.external_id === order?.channel)?.name, order?.channel), touchpoint: named(touchpoint?.name, order?.touchpoint) };
}

/** Regions that were set up. */
export function useRegions(enabled = true) {
  return useQuery({ queryKey: ['regions'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/regions', { signal })), staleTime: 60_000, enabled });
}

/** Statuses that lines may have: those built in and those set up. */
export function useLineStatuses() {
  return useQuery({ queryKey: ['line-statuses'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/line-statuses', { signal })), staleTime: 60_000 });
}

/** How a product goes with another, in the order in which pages show it. */
export const relationKinds: readonly { kind: RelationKind; title: string }[] = [
  { kind: 'similar', title: 'Similar' }, { kind: 'cross', title: 'Bought with it' }, { kind: 'up', title: 'Better ones' }, { kind: 'accessory', title: 'Accessories' }, { kind: 'bundle', title: 'In a bundle with' },
];

/** Every picture of a product, the first one first. */
export const picturesOf = (product: Product) => [...new Set([...(product.image_url ? [product.image_url] : []), ...product.pictures])];

/** Names from the root down to the category at hand. */
export function pathWords(path: readonly string[], name: string): string {
  const steps = path.map((step) => step.split('/').at(-1) ?? step);
  return [...steps.slice(0, -1), name].join(' › ');
}

/** A property as a page shows it. */
export const shown = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? value : value === null || value === undefined ? null : Array.isArray(value) ? value.join(', ') : JSON.stringify(value));
