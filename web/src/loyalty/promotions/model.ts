import { keepPreviousData, useQuery } from '@tanstack/react-query';
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
export type OtherWay = Schemas['OtherWay'];
export type Effects = Schemas['LoyaltyPromotions'];

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

/** What the promotion did in the last 30 days, in its own currency where orders were paid in it. */
export function useCost(promotion: Promotion) {
  const { program_id, id } = promotion, currency = promotion.definition.currency ?? null;
  return useQuery({
    queryKey: ['promotions', id, 'cost', currency], retry: false,
    queryFn: async ({ signal }): Promise<Effects> => {
      const ask = (query: { currency?: string }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/analytics/promotions', { params: { path: { program_id }, query: { promotion: id, by: 'day', ...query } }, signal }));
      const found = await ask({});
      return currency !== null && found.currency !== currency && found.currencies.includes(currency) ? ask({ currency }) : found;
    },
  });
}

/** What the other way to choose would have given the last orders; asked when somebody wants to know. */
export function useOtherWay(programId: number, mode: Arbitration['mode'], on: boolean) {
  return useQuery({ queryKey: ['promotions', 'other-way', programId, mode], enabled: on, staleTime: 60_000, placeholderData: keepPreviousData, retry: false, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/test/other-way', { params: program(programId), signal })) });
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
