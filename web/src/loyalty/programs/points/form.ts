import type { PointType } from '../model';

export interface PointValues extends Record<string, unknown> {
  name: string; key: string; kind: PointType['kind']; places: string; ratio: string; ratio_currency: string; initial: string; rounding: PointType['rounding'];
  delay: number | string; delay_unit: string; expiry: PointType['expiry']['kind']; period: number | string; period_unit: string; unit: string; on: string; max_accrual: string; max_balance: string;
}

const ONE = /^P(?:(\d+)([DWMY])|T(\d+)(H))$/;

/** `P14D` → `14` and `D`; hours as `TH`. */
export function split(iso: string | null, unit: string): readonly [string, string] {
  const match = ONE.exec(iso ?? '');
  if (!match) return ['', unit];
  return match[1] !== undefined ? [match[1], match[2] ?? unit] : [match[3] ?? '', 'TH'];
}

export const iso = (number: number | string, unit: string): string | null => (Number(number) > 0 ? (unit === 'TH' ? `PT${number}H` : `P${number}${unit}`) : null);

export function valuesOf(kind: PointType | undefined): PointValues {
  const [delay, delay_unit] = split(kind?.delay ?? null, 'D');
  const [period, period_unit] = split(kind?.expiry.period ?? null, 'M');
  return {
    name: kind?.name ?? '', key: kind?.key ?? '', kind: kind?.kind ?? 'standard', places: String(kind?.places ?? 2), ratio: kind?.ratio ?? '', ratio_currency: kind?.ratio_currency ?? 'EUR', initial: kind?.initial ?? '0',
    rounding: kind?.rounding ?? 'down', delay, delay_unit, expiry: kind?.expiry.kind ?? 'never', period, period_unit, unit: kind?.expiry.unit ?? 'month', on: kind?.expiry.on ?? '12-31',
    max_accrual: kind?.max_accrual ?? '', max_balance: kind?.max_balance ?? '',
  };
}

export function expiryOf(v: PointValues): PointType['expiry'] {
  const period = iso(v.period, v.period_unit);
  if (v.expiry === 'after') return { kind: 'after', period, unit: null, on: null };
  if (v.expiry === 'fixed') return { kind: 'fixed', period: null, unit: null, on: v.on.trim() };
  if (v.expiry === 'end_of') return { kind: 'end_of', period, unit: v.unit as 'month', on: null };
  return { kind: 'never', period: null, unit: null, on: null };
}

const amount = (text: string) => !text.trim() || /^\d+(\.\d+)?$/.test(text.trim());
const say = 'Enter an amount like 10 or 12.50';

export const check = (v: PointValues) => ({
  name: v.name.trim() ? null : 'Enter a name for the points',
  ratio: amount(v.ratio) ? null : say, initial: amount(v.initial) ? null : say, max_accrual: amount(v.max_accrual) ? null : say, max_balance: amount(v.max_balance) ? null : say,
  period: v.expiry !== 'after' || Number(v.period) > 0 ? null : 'Say after how long',
  on: v.expiry !== 'fixed' || /^(\d{4}-)?\d\d-\d\d$/.test(v.on.trim()) ? null : 'Write a day like 12-31, or 2027-12-31 for once',
});

export const bodyOf = (v: PointValues) => ({
  name: v.name.trim(), places: Number(v.places), ratio: v.ratio.trim() || null, ratio_currency: v.ratio.trim() ? v.ratio_currency : null, initial: v.initial.trim() || '0', rounding: v.rounding,
  delay: iso(v.delay, v.delay_unit), expiry: expiryOf(v), max_accrual: v.max_accrual.trim() || null, max_balance: v.max_balance.trim() || null,
});
