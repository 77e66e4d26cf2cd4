import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatAmount, formatCount, formatNumber } from '@/kit';

export type Score = components['schemas']['Score'];
export type ScoreRun = components['schemas']['ScoreRun'];
export type ScorePart = components['schemas']['ScorePart'];
export type ScoreGroup = components['schemas']['ScoreGroup'];
export type FigureOf = components['schemas']['ScoreFigure']['of'];

export const figures: readonly { value: FigureOf; label: string; amount: boolean }[] = [
  { value: 'orders_sum', label: 'Sum of orders', amount: true },
  { value: 'orders_count', label: 'Number of orders', amount: false },
  { value: 'orders_average', label: 'Average order', amount: true },
  { value: 'events', label: 'Number of events', amount: false },
  { value: 'field', label: 'A number field', amount: false },
];

const busy = (score: Score | undefined) => Boolean(score?.open_run);

/** The scores of a database; asked again while one of them is computed. */
export function useScores(databaseId: number) {
  return useQuery({
    queryKey: ['scores', databaseId],
    queryFn: async ({ signal }) => (await ok(api.GET('/api/v1/databases/{database_id}/scores', { params: { path: { database_id: databaseId } }, signal }))).items,
    refetchInterval: (query) => (query.state.data?.some(busy) ? 1500 : false),
  });
}

export function useScore(databaseId: number, id: number) {
  return useQuery({
    queryKey: ['scores', databaseId, id],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/scores/{score_id}', { params: { path: { database_id: databaseId, score_id: id } }, signal })),
    refetchInterval: (query) => (busy(query.state.data) ? 1500 : false),
  });
}

const titles: Readonly<Record<ScorePart['key'], string>> = { recency: 'Recency', frequency: 'Frequency', monetary: 'Monetary value', value: 'Value' };
const notes: Readonly<Record<Exclude<ScorePart['key'], 'value'>, string>> = { recency: 'Days since the last order', frequency: 'Number of orders', monetary: 'Sum of orders' };

/** What a part divides people by: a title and its unit. */
export function partWords(score: Score, part: ScorePart): { title: string; note: string } {
  const currency = score.last_done?.currency;
  if (part.key !== 'value') return { title: titles[part.key], note: part.key === 'monetary' && currency ? `${notes.monetary}, ${currency}` : notes[part.key] };
  const figure = figures.find((f) => f.value === score.figure?.of);
  const title = score.figure?.event ?? score.figure?.field ?? figure?.label ?? titles.value;
  return { title, note: [figure?.label ?? titles.value, figure?.amount ? currency : null].filter(Boolean).join(', ') };
}

/** A bound as people write it: money with its currency, whole numbers plain. */
export function boundWords(score: Score, key: ScorePart['key'], bound: string): string {
  const amount = key === 'monetary' || (key === 'value' && figures.find((f) => f.value === score.figure?.of)?.amount);
  if (amount && score.last_done?.currency) return formatAmount(bound, score.last_done.currency);
  return formatNumber(Number(bound));
}

/** `3 to 12 days`, `€10.00 to €99.90`, `1 order` */
export function rangeWords(score: Score, key: ScorePart['key'], group: Pick<ScoreGroup, 'low' | 'high'>): string {
  const low = boundWords(score, key, group.low), high = boundWords(score, key, group.high);
  const words = low === high ? low : `${low} to ${high}`;
  const many = group.low === group.high && Number(group.low) === 1;
  if (key === 'recency') return many ? '1 day' : `${words} days`;
  return key === 'frequency' ? (many ? '1 order' : `${words} orders`) : words;
}

/** Why the currency of a score matters; nothing where all orders are in it. */
export function otherOrders(run: ScoreRun): string | null {
  if (!run.other_orders || !run.currency) return null;
  return `${formatCount(run.other_orders, 'order is', 'orders are')} in other currencies than ${run.currency}: ${run.other_orders === 1 ? 'its amount is' : 'their amounts are'} not counted.`;
}

/** `shop loyalty 2` becomes `shop_loyalty_2`: what the names of its fields may begin with. */
export const prefixOf = (name: string): string => name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40);
