import type { Kind, Reward, RewardKind } from './model';

type Part =
  | { name: string; label: string; input: 'money' | 'number' | 'percent' | 'points' | 'text' | 'whole'; optional?: boolean; hint?: string }
  | { name: string; label: string; input: 'choice'; choices: readonly { value: string; label: string }[]; optional?: boolean; hint?: string }
  | { name: string; label: string; input: 'type' | 'pool' | 'group' | 'level' | 'yes'; optional?: boolean; hint?: string };
export type RewardPart = Part;
interface RewardWords { kind: RewardKind; label: string; for: readonly Kind[]; start: Record<string, unknown>; parts: readonly Part[] }

const cap: Part = { name: 'cap', label: 'At most', input: 'money', optional: true, hint: 'for one order; empty: no limit' };
const pointsCap: Part = { name: 'cap', label: 'At most', input: 'points', optional: true, hint: 'points for one order' };
const type: Part = { name: 'points', label: 'Points', input: 'type' };
const delivery: Part = { name: 'delivery', label: 'Delivery counts, too', input: 'yes' };

/** What promotions give, as sentences with fields in them; the order is the one people look in. */
export const rewards: readonly [RewardWords, ...RewardWords[]] = [
  { kind: 'percent_off', label: 'Percent off', for: ['discount'], start: { percent: '10', scope: 'order' }, parts: [
    { name: 'percent', label: 'Percent', input: 'percent' },
    { name: 'scope', label: 'Off', input: 'choice', choices: [{ value: 'order', label: 'the order' }, { value: 'lines', label: 'each line' }] },
    { name: 'of', label: 'Of', input: 'choice', optional: true, choices: [{ value: 'discounted', label: 'the price so far' }, { value: 'initial', label: 'the first price' }], hint: 'empty: as the program says' }, cap] },
  { kind: 'amount_off', label: 'Money off', for: ['discount'], start: { amount: '5.00', scope: 'order' }, parts: [
    { name: 'amount', label: 'Amount', input: 'money' },
    { name: 'scope', label: 'Off', input: 'choice', choices: [{ value: 'order', label: 'the order' }, { value: 'lines', label: 'each line' }, { value: 'items', label: 'each item' }] }, cap] },
  { kind: 'set_price', label: 'A price for each item', for: ['discount'], start: { price: '1.00' }, parts: [{ name: 'price', label: 'Price', input: 'money' }, cap] },
  { kind: 'nth_free', label: 'Every n-th item cheaper', for: ['discount'], start: { every: 3, free: 1, percent: '100' }, parts: [
    { name: 'every', label: 'Of every', input: 'whole', hint: 'items' }, { name: 'free', label: 'The cheapest', input: 'whole', hint: 'so many of them' },
    { name: 'percent', label: 'Percent off', input: 'percent', hint: '100: free' }, { name: 'each_line', label: 'Count each line by itself', input: 'yes' }, cap] },
  { kind: 'gift', label: 'A gift', for: ['discount'], start: { sku: '', quantity: 1 }, parts: [{ name: 'sku', label: 'SKU or product', input: 'text' }, { name: 'quantity', label: 'How many', input: 'whole' }, { name: 'worth', label: 'Worth', input: 'money', optional: true, hint: 'when the best is looked for' }] },
  { kind: 'free_delivery', label: 'Free delivery', for: ['discount'], start: {}, parts: [cap] },
  { kind: 'points_percent', label: 'Percent of what is paid, in points', for: ['points'], start: { percent: '5' }, parts: [type, { name: 'percent', label: 'Percent', input: 'percent' }, delivery, pointsCap] },
  { kind: 'points_per_money', label: 'Points for money spent', for: ['points'], start: { amount: '1', per: '10.00' }, parts: [type, { name: 'amount', label: 'Points', input: 'points' }, { name: 'per', label: 'For every', input: 'money' }, delivery, pointsCap] },
  { kind: 'points_fixed', label: 'A number of points', for: ['points', 'trigger'], start: { amount: '100' }, parts: [type, { name: 'amount', label: 'How many', input: 'points' }] },
  { kind: 'points_spent', label: 'Takes points', for: ['trigger'], start: { amount: '100' }, parts: [type, { name: 'amount', label: 'How many', input: 'points' }] },
  { kind: 'points_per_item', label: 'Points for each item', for: ['points'], start: { amount: '1' }, parts: [type, { name: 'amount', label: 'Points', input: 'points' }, pointsCap] },
  { kind: 'points_multiplier', label: 'Points, times over', for: ['points'], start: { factor: '2' }, parts: [type, { name: 'factor', label: 'Times', input: 'number' }, pointsCap] },
  { kind: 'allow_redeem', label: 'Points may pay', for: ['points'], start: { percent: '50' }, parts: [type, { name: 'percent', label: 'Percent of the order', input: 'percent' }, cap] },
  { kind: 'issue_code', label: 'A promo code', for: ['points', 'trigger'], start: {}, parts: [{ name: 'pool_id', label: 'From the pool', input: 'pool' }] },
  { kind: 'grant_level', label: 'A level', for: ['points', 'trigger'], start: { group: '', level: '' }, parts: [{ name: 'group', label: 'Level group', input: 'group' }, { name: 'level', label: 'Level', input: 'level' }] },
];

export const rewardOf = (kind: RewardKind) => rewards.find((one) => one.kind === kind) ?? rewards[0];
export const fitting = (kind: Kind) => rewards.filter((one) => one.for.includes(kind));
/** Whether a reward speaks of money, so that a currency is needed. */
export const hasMoney = (reward: Reward) => rewardOf(reward.kind).parts.some((part) => part.input === 'money' && (reward as unknown as Record<string, unknown>)[part.name]);
export const fresh = (kind: RewardKind, points: string | undefined): Reward => ({ kind, ...(rewardOf(kind).parts.some((part) => part.input === 'type') ? { points: points ?? '' } : {}), ...rewardOf(kind).start } as unknown as Reward);
