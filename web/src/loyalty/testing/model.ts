import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type TestOrder = Schemas['TestOrder'];
export type Tested = Schemas['TestedOrder'];
export type Step = Tested['result']['trace'][number];
type Participant = Schemas['InventedParticipant'];
export type Mode = Tested['mode'];

export interface BasketLine { key: number; sku: string; quantity: string; price: string }

export interface Draft {
  who: 'person' | 'invented' | 'nobody';
  person: string;
  member: boolean;
  points: Record<string, string>;
  levels: Record<string, string>;
  city: string;
  orders: number;
  at: string;
  mode: Mode | null;
  channel: string;
  region: string;
  delivery: string;
  currency: string;
  codes: string[];
  redeem: Record<string, string>;
  lines: BasketLine[];
}

export const firstDraft = (currency: string): Draft => ({
  who: 'invented', person: '', member: true, points: {}, levels: {}, city: '', orders: 0, at: '', mode: null, channel: '', region: '', delivery: '', currency, codes: [], redeem: {},
  lines: [{ key: 1, sku: '', quantity: '1', price: '' }],
});

const filled = (values: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(values).map(([key, text]) => [key, text.trim()] as const).filter(([, text]) => text !== ''));

function participantOf(draft: Draft): Participant {
  return { member: draft.member, points: filled(draft.points), levels: filled(draft.levels), orders: draft.orders, fields: draft.city.trim() ? { city: draft.city.trim() } : {} };
}

const whoOf = (draft: Draft): Partial<TestOrder> => {
  if (draft.who === 'invented') return { participant: participantOf(draft) };
  const asked = draft.person.trim();
  if (draft.who === 'nobody' || !asked) return {};
  return /^\d+$/.test(asked) ? { profile: Number(asked) } : { match: { email: asked } };
};

/** What the page asks for; null while the basket is empty or nobody was named. */
export function askOf(draft: Draft): TestOrder | null {
  const lines = draft.lines.filter((line) => line.sku.trim());
  if (!lines.length || (draft.who === 'person' && !draft.person.trim())) return null;
  return {
    lines: lines.map((line) => ({ sku: line.sku.trim(), quantity: line.quantity.trim() || '1', ...(line.price.trim() ? { price: line.price.trim() } : {}) })),
    ...whoOf(draft), ...(draft.at ? { at: new Date(draft.at).toISOString() } : {}), ...(draft.mode ? { mode: draft.mode } : {}),
    channel: draft.channel.trim(), ...(draft.region.trim() ? { region: draft.region.trim() } : {}), delivery: draft.delivery.trim() || '0', currency: draft.currency, promo_codes: draft.codes, redeem: filled(draft.redeem),
  };
}

const WAIT_MS = 350;

/** The basket worked out, again after each change. */
export function useTested(programId: number, draft: Draft) {
  const [ask] = useDebouncedValue(JSON.stringify(askOf(draft)), WAIT_MS);
  return useQuery({
    queryKey: ['promotions', 'test', programId, ask], enabled: ask !== 'null', placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/test', { params: { path: { program_id: programId } }, body: JSON.parse(ask) as TestOrder, signal })),
  });
}

/** The catalogue's items that a text finds, for the basket. */
export function useItems(text: string) {
  const [q] = useDebouncedValue(text.trim(), WAIT_MS);
  return useQuery({
    queryKey: ['products', 'choice', q], enabled: q.length > 1, staleTime: 60_000, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/products', { params: { query: { q, limit: 8 } }, signal })), select: (found) => found.items,
  });
}

export const modeWords: Readonly<Record<Mode, string>> = { priority: 'in order', best: 'best for the customer' };

/** What differs from the pinned result, in words; empty when nothing does. */
export function differences(pinned: Tested, now: Tested): string[] {
  const a = pinned.result, b = now.result, found: string[] = [];
  if (a.final !== b.final) found.push(`To pay ${a.final} → ${b.final}`);
  for (const key of new Set([...Object.keys(a.points.accrue), ...Object.keys(b.points.accrue)])) {
    const before = a.points.accrue[key] ?? '0', after = b.points.accrue[key] ?? '0';
    if (before !== after) found.push(`Earns ${before} → ${after} ${key}`);
  }
  const states = new Map(a.trace.map((step) => [step.promotion, step]));
  for (const step of b.trace) {
    const before = states.get(step.promotion);
    if (before && before.status !== step.status) found.push(`${step.name}: ${stateWords(before)} → ${stateWords(step)}`);
    else if (before?.status === 'applied' && JSON.stringify(before.lines) !== JSON.stringify(step.lines)) found.push(`${step.name}: another amount`);
  }
  return found;
}

const stateWords = (step: Step): string => (step.status === 'applied' ? 'applied' : step.why.charAt(0).toLowerCase() + step.why.slice(1));
