/** A comparison of people who may be written to with people who are kept back, in words. */
import { formatAmount, formatNumber, formatPercent, type Tone } from '@/kit';

export type Verdict = 'higher' | 'lower' | 'cannot_tell' | 'too_few';

/** One figure of both sides; `others` are those who may be written to. */
export interface Effect {
  key: string;
  label: string;
  unit: 'share' | 'money' | 'number';
  others: number | null;
  control: number | null;
  /** of a share: so many of so many people */
  counts?: { others: readonly [number, number]; control: readonly [number, number] } | undefined;
  difference: number | null;
  low: number | null;
  high: number | null;
  relative: number | null;
  relative_low: number | null;
  relative_high: number | null;
  extra: number | null;
  extra_low: number | null;
  extra_high: number | null;
  detectable: number | null;
  needed: number | null;
  verdict: Verdict;
  /** why it cannot be judged, where that is known */
  missing?: string | undefined;
}

export const verdicts: Readonly<Record<Verdict, { tone: Tone; words: string }>> = {
  higher: { tone: 'moss', words: 'higher' }, lower: { tone: 'clay', words: 'lower' }, cannot_tell: { tone: 'iris', words: 'can’t tell yet' }, too_few: { tone: 'gray', words: 'too few' },
};

type Unit = Pick<Effect, 'unit'>;
type Value = number | null | undefined;

/** A figure as it is written: a share, money or a number. */
export function written(metric: Unit, value: Value, currency: string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (metric.unit === 'share') return formatPercent(value);
  if (metric.unit === 'money' && currency) return formatAmount(value.toFixed(2), currency);
  return formatNumber(Number(value.toFixed(2)));
}

/** A difference as it is written, with its sign; shares in points. */
export function change(metric: Unit, value: Value, currency: string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  const text = metric.unit === 'share' ? (size * 100).toFixed(1) : written(metric, size, currency);
  const nothing = Number(text.replace(/[^\d]/g, '')) === 0;
  return `${nothing ? '' : value > 0 ? '+' : '−'}${text}${metric.unit === 'share' ? ' points' : ''}`;
}

/** A relative difference with its sign: `+44.0 %`. */
export const relatively = (value: Value): string => (value === null || value === undefined ? '–' : `${value > 0 ? '+' : ''}${formatPercent(value).replace('-', '−')}`);

/** A point alone would mislead where too few people stand behind it. */
export const known = (m: Effect, currency: string | null | undefined): string => (m.verdict === 'too_few' ? '–' : change(m, m.difference, currency));

/** The range of a figure, or what it lacks. */
export function range(m: Pick<Effect, 'unit' | 'low' | 'high'>, currency: string | null | undefined, none = 'needs more buyers'): string {
  return m.low === null || m.high === null ? none : `${change(m, m.low, currency).replace(/ points$/, '')} to ${change(m, m.high, currency)}`;
}

/** "The campaign worked: 9.2 % of …" in its two halves; what says no verdict is two sentences. */
export function halves(headline: string, mark: ': ' | '. ' = ': '): { verdict: string; because: string } {
  const at = headline.indexOf(mark);
  if (at < 0) return { verdict: headline, because: '' };
  const because = headline.slice(at + mark.length);
  return { verdict: headline.slice(0, at), because: because.charAt(0).toUpperCase() + because.slice(1) };
}

/** How many people more, or fewer, the effect makes, with its range; null while it cannot be told. */
export function extraWords(m: Effect | undefined, noun: { more: string; fewer: string }, among: string): string | null {
  if (!m || (m.verdict !== 'higher' && m.verdict !== 'lower') || m.extra === null || m.extra_low === null || m.extra_high === null) return null;
  const people = (n: number) => formatNumber(Math.round(Math.abs(n)));
  const [least, most] = [m.extra_low, m.extra_high].sort((a, b) => Math.abs(a) - Math.abs(b));
  return `That is about ${people(m.extra)} ${m.extra < 0 ? noun.fewer : noun.more} among ${among} (${people(least ?? 0)} to ${people(most ?? 0)}).`;
}
