import { locale, NO_VALUE } from './locale';

/** A number or the exact decimal string the API gives. Strings are never turned into floats. */
export type Numeric = number | bigint | string;
type Maybe = Numeric | null | undefined;

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale() + JSON.stringify(options);
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat(locale(), options);
    formatters.set(key, found);
  }
  return found;
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

function put(value: Maybe, options: Intl.NumberFormatOptions): string {
  if (value === null || value === undefined || value === '') return NO_VALUE;
  if (typeof value === 'string' && !DECIMAL.test(value)) return value;
  return formatter(options).format(value as number | bigint | `${number}`).replace('-', '−');
}

export const formatNumber = (value: Maybe, maximumFractionDigits = 20): string => put(value, { maximumFractionDigits });

/** 12.4k: only on axes and nodes; the full figure belongs into the tooltip. */
export const formatCompact = (value: Maybe): string => put(value, { notation: 'compact', maximumFractionDigits: 1 });

/** `+34`, `−4`, `0`: a change always shows its sign. */
export const formatChange = (value: Maybe): string => put(value, { signDisplay: 'exceptZero' });

/** A share of a whole, one decimal: `9.2 %`. Unknown when the whole is nothing. */
export function formatShare(part: number | null | undefined, whole: number | null | undefined): string {
  if (part === null || part === undefined || !whole) return NO_VALUE;
  return formatPercent(part / whole);
}

/** A fraction between 0 and 1 as a percentage with one decimal. */
export const formatPercent = (fraction: number | null | undefined): string =>
  fraction === null || fraction === undefined ? NO_VALUE
    : `${formatter({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(fraction * 100)} %`;

/** `9.2 % (1,119 of 12,160)`: a rate never stands without its fraction. */
export function formatRate(part: number | null | undefined, whole: number | null | undefined): string {
  const share = formatShare(part, whole);
  return share === NO_VALUE ? NO_VALUE : `${share} (${formatNumber(part)} of ${formatNumber(whole)})`;
}

/** `1 person`, `1,120 people`. */
export function formatCount(n: number, one: string, many: string): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

export interface Money {
  amount: string;
  currency: string;
}

/** Money by its currency's own number of decimals, from the exact string. */
export function formatMoney(money: Money | null | undefined): string {
  return money ? put(money.amount, { style: 'currency', currency: money.currency }) : NO_VALUE;
}

/** An amount inside an order, where the currency is said once. */
export const formatAmount = (amount: string | null | undefined, currency: string): string =>
  amount === null || amount === undefined ? NO_VALUE : formatMoney({ amount, currency });

/** `240.50 standard points`: in the type's places; in two where the type is not known, so that columns stand in line. */
export function formatPoints(amount: string | null | undefined, type?: string, places?: number): string {
  const figure = put(amount, { minimumFractionDigits: places ?? 2, maximumFractionDigits: 4 });
  return figure === NO_VALUE ? NO_VALUE : `${figure} ${type ? `${type} ` : ''}points`;
}

export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return formatter({ style: 'unit', unit: units[step] ?? 'byte', unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: step === 0 ? 0 : 1 }).format(bytes / 1000 ** step);
}
