import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatAmount, formatPoints, formatStamp } from '@/kit';

import type { PointType } from '../programs/model';

type Schemas = components['schemas'];
export type TestOrder = Schemas['TestOrder'];
export type Tested = Schemas['TestedOrder'];
export type Step = Tested['result']['trace'][number];
type Participant = Schemas['InventedParticipant'];
export type Mode = Tested['mode'];

export type Case = Schemas['TestCase'];
export type CaseRun = Schemas['CaseRun'];
export type Difference = Schemas['CaseDifference'];
export type AskedField = Schemas['AskedField'];
export type Facts = Schemas['TestFacts'];
export type Why = Schemas['TestWhy'];
export type OtherMode = Tested['other'];
export type FieldValue = string | number | boolean | string[] | null;

export interface BasketLine { key: number; sku: string; quantity: string; price: string }

export interface Draft {
  who: 'person' | 'invented' | 'nobody';
  person: string;
  member: boolean;
  points: Record<string, string>;
  levels: Record<string, string>;
  fields: Record<string, FieldValue>;
  segments: number[];
  orders: number;
  at: string;
  mode: Mode | null;
  /** promotions that are taken as if another version of them were in force: a number by promotion */
  versions: Record<string, number>;
  channel: string;
  region: string;
  delivery: string;
  currency: string;
  codes: string[];
  redeem: Record<string, string>;
  lines: BasketLine[];
}

export const firstDraft = (currency: string): Draft => ({
  who: 'invented', person: '', member: true, points: {}, levels: {}, fields: {}, segments: [], orders: 0, at: '', mode: null, versions: {}, channel: '', region: '', delivery: '', currency, codes: [], redeem: {},
  lines: [{ key: 1, sku: '', quantity: '1', price: '' }],
});

/** The currency that a program reckons in: what its points are worth, those that can be spent first. */
export function currencyOf(kinds: readonly Pick<PointType, 'kind' | 'ratio_currency'>[]): string {
  const worth = kinds.filter((kind) => kind.ratio_currency);
  return (worth.find((kind) => kind.kind === 'standard') ?? worth[0])?.ratio_currency ?? 'EUR';
}

/** Whether a draft has goods in it: one without them is nobody's work yet. */
export const hasGoods = (draft: Draft): boolean => draft.lines.some((line) => line.sku.trim() !== '');

const filled = (values: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(values).map(([key, text]) => [key, text.trim()] as const).filter(([, text]) => text !== ''));
const isEmpty = (value: FieldValue): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0);

function participantOf(draft: Draft): Participant {
  const fields = Object.entries(draft.fields).map(([key, value]) => [key, typeof value === 'string' ? value.trim() : value] as const);
  return { member: draft.member, points: filled(draft.points), levels: filled(draft.levels), orders: draft.orders, segments: draft.segments, fields: Object.fromEntries(fields.filter(([, value]) => !isEmpty(value))) };
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
    ...whoOf(draft), ...(draft.at ? { at: new Date(draft.at).toISOString() } : {}), ...(draft.mode ? { mode: draft.mode } : {}), ...(Object.keys(draft.versions).length ? { versions: draft.versions } : {}),
    channel: draft.channel.trim(), ...(draft.region.trim() ? { region: draft.region.trim() } : {}), delivery: draft.delivery.trim() || '0', currency: draft.currency, promo_codes: draft.codes, redeem: filled(draft.redeem),
  };
}

/** A moment as the field for it writes it, in the browser's zone. */
function localMoment(iso: string): string {
  const at = new Date(iso), two = (n: number) => String(n).padStart(2, '0');
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The form of an order that was asked for before; the other way round than `askOf`. */
export function draftOf(order: TestOrder): Draft {
  const draft = firstDraft(order.currency ?? 'EUR'), made = order.participant ?? null, named: unknown = order.profile ?? order.match?.email ?? null;
  return {
    ...draft,
    who: made ? 'invented' : named === null ? 'nobody' : 'person',
    person: typeof named === 'string' || typeof named === 'number' ? String(named) : '',
    ...(made ? { member: made.member ?? true, points: { ...made.points }, levels: { ...made.levels }, fields: { ...made.fields } as Draft['fields'], segments: [...(made.segments ?? [])], orders: made.orders ?? 0 } : {}),
    at: order.at ? localMoment(order.at) : '', mode: order.mode ?? null, versions: { ...order.versions },
    channel: order.channel ?? '', region: order.region ?? '', delivery: order.delivery && !/^[0.]*$/.test(order.delivery) ? order.delivery : '',
    codes: [...(order.promo_codes ?? [])], redeem: { ...order.redeem },
    lines: order.lines.map((line, n) => ({ key: n + 1, sku: line.sku ?? line.product ?? '', quantity: String(line.quantity ?? 1), price: line.price ?? '' })),
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

/** What the promotions look at of who buys: only that matters of somebody made up. */
export function useFacts(programId: number, versions: Draft['versions']) {
  return useQuery({
    queryKey: ['promotions', 'facts', programId, versions], staleTime: 30_000, placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/test/facts', { params: { path: { program_id: programId } }, body: { versions }, signal })),
  });
}

/** What each rule of a promotion saw in a basket. */
export function useWhy(programId: number, order: TestOrder | null, promotion: number) {
  return useQuery({
    queryKey: ['promotions', 'why', programId, promotion, order], enabled: order !== null, placeholderData: keepPreviousData, gcTime: 0, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/test/why', { params: { path: { program_id: programId } }, body: { ...(order as TestOrder), promotion }, signal })),
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

/** What the other way to choose would give: `Best for the customer would give €2.50 more: €35.00 to pay, with Large.` */
export function otherWords(other: OtherMode, currency: string, earns: string, names: ReadonlyMap<number, string>): string {
  const way = other.mode === 'best' ? 'Best for the customer' : 'In order', by = Number(other.more);
  const more = by === 0 ? 'would give as much' : `would give ${formatAmount(other.more.replace('-', ''), currency)} ${by > 0 ? 'more' : 'less'}`;
  const applied = other.applied.map((id) => names.get(id) ?? String(id)).join(', ');
  return `${way} ${more}: ${[`${formatAmount(other.final, currency)} to pay`, earns && `earns ${earns}`, applied && `with ${applied}`].filter(Boolean).join(', ')}.`;
}

/** A result that was put aside to be compared with, and the basket that gave it. */
export interface Pinned { draft: Draft; tested: Tested; program: { id: number; name: string } }

export interface Row { label: string; a: string; b: string }

const stateWords = (step: Step | undefined): string => (step === undefined ? 'not there' : step.status === 'applied' ? 'applied' : step.why.charAt(0).toLowerCase() + step.why.slice(1));

/** What a promotion took off or gave, or why it did nothing. */
export function effectOf(step: Step, currency: string): string {
  if (step.status !== 'applied' || step.before === null || step.after === null) return stateWords(step);
  const by = Number(step.after) - Number(step.before);
  return step.measure === 'points' ? formatPoints(String(Math.round(by * 10_000) / 10_000)) : formatAmount(by.toFixed(2), currency);
}

/** What differs between two results; empty when nothing does. */
export function differences(first: Tested, second: Tested): Row[] {
  const a = first.result, b = second.result, found: Row[] = [];
  const add = (label: string, was: string, now: string, write: (text: string) => string) => { if (was !== now) found.push({ label, a: write(was), b: write(now) }); };
  const money = (currency: string) => (text: string) => formatAmount(text, currency);
  if (a.currency === b.currency) {
    add('To pay', a.final, b.final, money(a.currency));
    add('Discount', a.discount, b.discount, money(a.currency));
    add('Paid by points', a.redeemed, b.redeemed, money(a.currency));
  } else found.push({ label: 'To pay', a: formatAmount(a.final, a.currency), b: formatAmount(b.final, b.currency) });
  for (const key of new Set([...Object.keys(a.points.accrue), ...Object.keys(b.points.accrue)])) {
    add(`Earns ${key}`, a.points.accrue[key] ?? '0', b.points.accrue[key] ?? '0', (text) => formatPoints(text));
  }
  const before = new Map(a.trace.map((step) => [step.promotion, step])), after = new Map(b.trace.map((step) => [step.promotion, step]));
  for (const id of new Set([...after.keys(), ...before.keys()])) {
    const was = before.get(id), now = after.get(id);
    const old = was ? effectOf(was, a.currency) : 'not there', next = now ? effectOf(now, b.currency) : 'not there';
    const moves = was?.status === 'applied' || now?.status === 'applied';
    if (moves && old !== next) found.push({ label: now?.name ?? was?.name ?? String(id), a: old, b: next });
  }
  return found;
}

const FEW = 3;

/** What sets a basket apart, in a few words: the program, the goods, the moment, the way to choose, drafts. */
export function captionOf({ draft, tested, program }: Pinned): string {
  const tried = Object.keys(draft.versions).length;
  const goods = draft.lines.filter((line) => line.sku.trim()).map((line) => `${line.quantity.trim() || '1'} × ${line.sku.trim()}`);
  return [program.name, goods.length > 0 && (goods.length > FEW ? `${goods.slice(0, FEW).join(', ')} and ${String(goods.length - FEW)} more` : goods.join(', ')), draft.at ? formatStamp(tested.at) : 'now', modeWords[tested.mode], tried > 0 && `${String(tried)} other ${tried === 1 ? 'version' : 'versions'}`].filter(Boolean).join(' · ');
}
