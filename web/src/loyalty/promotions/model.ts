import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Promotion = Schemas['Promotion'];
export type Definition = Schemas['PromotionDefinition'];
export type Reward = Definition['reward'];
export type RewardKind = Reward['kind'];
export type Limit = Schemas['PromotionLimit'];
export type Kind = Promotion['kind'];
export type Group = Schemas['PromotionGroup'];
export type Arbitration = Schemas['Arbitration'];
export type OrderSegment = Schemas['OrderSegment'];

const program = (id: number) => ({ path: { program_id: id } });
const one = (id: number) => ({ path: { promotion_id: id } });

export function usePromotions(programId: number) {
  return useQuery({ queryKey: ['promotions', 'of', programId], enabled: programId > 0, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/promotions', { params: program(programId), signal })), select: (found) => found.items });
}

export function usePromotion(id: number) {
  return useQuery({ queryKey: ['promotions', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/promotions/{promotion_id}', { params: one(id), signal })) });
}

export function useVersions(id: number) {
  return useQuery({ queryKey: ['promotions', id, 'versions'], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/promotions/{promotion_id}/versions', { params: one(id), signal })), select: (found) => found.items });
}

export function usePromotionLog(id: number) {
  return useQuery({ queryKey: ['promotions', id, 'log'], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/promotions/{promotion_id}/log', { params: one(id), signal })), select: (found) => found.items });
}

export function useGroups(programId: number) {
  return useQuery({ queryKey: ['promotions', 'groups', programId], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/promotion-groups', { params: program(programId), signal })), select: (found) => found.items });
}

export function useArbitration(programId: number) {
  return useQuery({ queryKey: ['promotions', 'arbitration', programId], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/arbitration', { params: program(programId), signal })) });
}

export function useDraftVocabulary(programId: number, subject: 'order' | 'line' | 'profile') {
  return useQuery({ queryKey: ['promotions', 'vocabulary', programId, subject], staleTime: 60_000, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/promotions/vocabulary', { params: { ...program(programId), query: { subject } }, signal })) });
}

export function useOrderSegments(databaseId: number | undefined) {
  return useQuery({ queryKey: ['order-segments', databaseId], enabled: databaseId !== undefined, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/order-segments', { params: { query: databaseId ? { database: databaseId } : {} }, signal })), select: (found) => found.items });
}

export function usePools(databaseId: number) {
  return useQuery({ queryKey: ['promo-codes', 'choice', databaseId], queryFn: ({ signal }) => ok(api.GET('/api/v1/promo-codes/pools', { params: { query: { limit: 200, database: databaseId } }, signal })), select: (found) => found.items });
}

export function useEventTypes(databaseId: number) {
  return useQuery({ queryKey: ['event-types', 'choice', databaseId], staleTime: 30_000, queryFn: ({ signal }) => ok(api.GET('/api/v1/event-types', { params: { query: { database: databaseId, limit: 1000 } }, signal })), select: (found) => found.items });
}

export const kindWords: Readonly<Record<Kind, { label: string; text: string }>> = {
  discount: { label: 'Discount', text: 'Takes something off the price of an order' },
  points: { label: 'Points', text: 'Gives points for an order, or lets points pay' },
  trigger: { label: 'Trigger', text: 'Gives or takes points when something happens or a call says so, without an order' },
};

export const phaseWords: Readonly<Record<Promotion['phase'], string>> = { draft: 'draft', waiting: 'scheduled', running: 'active', over: 'completed', paused: 'paused', archived: 'archived' };
