/** ISO 8601 durations of one part, as people choose them: a number and a unit. */

export const units = [
  { value: 'D', one: 'day', many: 'days' }, { value: 'W', one: 'week', many: 'weeks' }, { value: 'M', one: 'month', many: 'months' },
  { value: 'Y', one: 'year', many: 'years' }, { value: 'TH', one: 'hour', many: 'hours' }, { value: 'TM', one: 'minute', many: 'minutes' },
] as const;

export type Unit = (typeof units)[number]['value'];

export interface Span { amount: number; unit: Unit; past: boolean }

/** A duration of one part; null for `P1Y6M` and what is none. */
export function readSpan(value: unknown): Span | null {
  const found = typeof value === 'string' ? /^(-)?P(T)?(\d{1,9})([DWMYH])$/.exec(value) : null;
  if (!found) return null;
  const unit = `${found[2] ?? ''}${found[4] ?? ''}`;
  return units.some((u) => u.value === unit) ? { amount: Number(found[3]), unit: unit as Unit, past: found[1] === '-' } : null;
}

export const writeSpan = ({ amount, unit, past }: Span): string => `${past ? '-' : ''}P${unit.startsWith('T') ? 'T' : ''}${amount}${unit.at(-1) ?? 'D'}`;

export function durationWords(value: string): string {
  const span = readSpan(value);
  if (!span) return value;
  const unit = units.find((u) => u.value === span.unit);
  return `${span.amount} ${span.amount === 1 ? unit?.one ?? '' : unit?.many ?? ''}`;
}

/** The day or moment where a window begins, for the hint: today minus the span. */
export function edgeOf(value: string, now: Date): Date | null {
  const span = readSpan(value);
  if (!span) return null;
  const at = new Date(now), by = span.amount;
  if (span.unit === 'D') at.setDate(at.getDate() - by);
  else if (span.unit === 'W') at.setDate(at.getDate() - 7 * by);
  else if (span.unit === 'M') at.setMonth(at.getMonth() - by);
  else if (span.unit === 'Y') at.setFullYear(at.getFullYear() - by);
  else at.setTime(at.getTime() - by * (span.unit === 'TH' ? 3_600_000 : 60_000));
  return at;
}
