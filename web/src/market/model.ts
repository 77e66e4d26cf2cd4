import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

export type Product = components['schemas']['ProductOut'];
export type Order = components['schemas']['OrderRow'];
export type OrderDetail = components['schemas']['OrderDetail'];
export type OrderStatus = Order['status'];

export const orderStates: readonly { value: OrderStatus; label: string }[] = [
  { value: 'created', label: 'Placed' },
  { value: 'paid', label: 'Paid' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'refunded', label: 'Refunded' },
];

export const orderState = (status: OrderStatus) => orderStates.find((s) => s.value === status) ?? { value: status, label: status };

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
