import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

export type Product = components['schemas']['ProductOut'];
export type Order = components['schemas']['OrderOut'];
export type OrderDetail = components['schemas']['OrderDetail'];
export type OrderStatus = Order['status'];

export const orderStates: readonly { value: OrderStatus; label: string; tone: 'gray' | 'fjord' | 'moss' | 'clay' | 'marigold' }[] = [
  { value: 'created', label: 'Placed', tone: 'gray' },
  { value: 'paid', label: 'Paid', tone: 'fjord' },
  { value: 'delivered', label: 'Delivered', tone: 'moss' },
  { value: 'cancelled', label: 'Cancelled', tone: 'clay' },
  { value: 'refunded', label: 'Refunded', tone: 'marigold' },
];

export const orderState = (status: OrderStatus) => orderStates.find((s) => s.value === status) ?? { value: status, label: status, tone: 'gray' as const };

/** The category tree, in its order; labels are indented by depth so that a flat menu still shows the tree. */
export function useCategories() {
  return useQuery({
    queryKey: ['categories'],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/categories', { signal })),
    staleTime: 60_000,
  }).data?.items;
}

/** Names from the root down to the category at hand. */
export function pathWords(path: readonly string[], name: string): string {
  const steps = path.map((step) => step.split('/').at(-1) ?? step);
  return [...steps.slice(0, -1), name].join(' › ');
}
