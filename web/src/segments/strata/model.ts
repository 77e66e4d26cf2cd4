/** How people are divided before some of them are kept back, for control groups of every kind. */
import type { components } from '@/api/schema';
import type { Field } from '@/profiles/model';

export type StratumField = components['schemas']['StratumField'];
export type StratumPart = components['schemas']['StratumOut'];
export type ControlWarning = components['schemas']['ControlWarning'];

const listed = new Set(['string', 'enum', 'integer', 'ip']);
const ranged = new Set(['integer', 'float', 'date', 'datetime']);

export type Way = 'each' | 'ranges' | 'lists';

/** How the people of a field may be divided; the first is what people mostly want. */
export function waysOf(field: Field): Way[] {
  const each = field.type === 'boolean' || (field.type === 'enum' && field.options.length > 0 && field.options.length <= 30);
  return [...(each ? ['each' as const] : []), ...(ranged.has(field.type) ? ['ranges' as const] : []), ...(listed.has(field.type) ? ['lists' as const] : [])];
}

export const wayOf = (item: StratumField): Way => ((item.ranges?.length ?? 0) > 0 ? 'ranges' : (item.lists?.length ?? 0) > 0 ? 'lists' : 'each');

/** Boundaries 30 and 50 make: under 30, 30 to 50, 50 and more. */
export function rangesOf(bounds: readonly string[], numeric: boolean): NonNullable<StratumField['ranges']> {
  const known = bounds.map((b) => (numeric ? Number(b.replace(',', '.')) : b));
  const sorted = numeric ? [...new Set(known as number[])].sort((a, b) => a - b) : [...new Set(known as string[])].sort();
  if (sorted.length === 0) return [];
  return [...sorted, null].map((to, i) => ({ from: i === 0 ? null : sorted[i - 1] ?? null, to }));
}

export const boundsOf = (item: StratumField): string[] => (item.ranges ?? []).flatMap((r) => (r.to === null || r.to === undefined ? [] : [String(r.to)]));

/** What is given to the server as lists: numbers for a field of whole numbers. */
export const valuesOf = (texts: readonly string[], field: Field | undefined) => texts.map((t) => (field?.type === 'integer' && /^-?\d+$/.test(t) ? Number(t) : t));

/** People a stratum is off by, as it is said beside its row. */
export function offBy(part: StratumPart): string {
  const off = part.control - part.expected;
  return Math.abs(off) < 0.05 ? 'exact' : `${off > 0 ? '+' : '−'}${Math.abs(off).toFixed(1)}`;
}

/** Every list has a value: before that nothing can be worked out. */
export const isComplete = (strata: readonly StratumField[]): boolean => strata.every((s) => (s.lists ?? []).every((l) => l.values.length > 0));

/** Between nothing and everybody: what a control group's percentage may be. */
export const percentFits = (value: number | string): boolean => value !== '' && Number(value) > 0 && Number(value) < 100;
