import { IconListDetails, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import type { KindInfo } from '../model';

export type ProductSegment = components['schemas']['ProductSegment'];
export type ProductSegmentDetail = components['schemas']['ProductSegmentDetail'];
export type ProductSegmentRun = components['schemas']['ProductSegmentRun'];
export type ProductSegmentChange = components['schemas']['ProductSegmentChange'];
export type ProductCard = components['schemas']['ProductCard'];
export type ProductCalculation = components['schemas']['ProductCalculation'];
export type ProductSchedule = components['schemas']['ProductSchedule'];
export type Entity = ProductSegment['entity'];

export const ZONE = 'UTC';

type Kind = Omit<KindInfo, 'value'> & { value: ProductSegment['type'] };
export const kinds: readonly [Kind, ...Kind[]] = [
  { value: 'updatable', label: 'Updatable', text: 'Rules fill the list, on a schedule or when you say', more: 'The right choice when products come and go.', tone: 'iris', icon: IconRefresh },
  { value: 'static', label: 'Static', text: 'A list you keep by hand or API', more: 'Products stay in it until somebody takes them out.', tone: 'gray', icon: IconListDetails },
];
export const kindOf = (value: ProductSegment['type']) => kinds.find((k) => k.value === value) ?? kinds[0];

export const words: Readonly<Record<Entity, { one: string; many: string; holds: string; text: string }>> = {
  product: { one: 'product', many: 'products', holds: 'Products', text: 'Whole products, whatever their sizes and colours' },
  sku: { one: 'SKU', many: 'SKUs', holds: 'SKUs', text: 'Single variants: one size, one colour' },
};

export function useProductSegment(id: number, enabled = true) {
  return useQuery({
    queryKey: ['product-segments', id], enabled,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/product-segments/{segment_id}', { params: { path: { segment_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data?.open_run ? 1500 : false),
  });
}

export function useProductVocabulary(entity: Entity) {
  return useQuery({
    queryKey: ['product-segments', 'vocabulary', entity], staleTime: 60_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/product-segments/vocabulary', { params: { query: { entity } }, signal })),
  });
}
