import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Transaction = Schemas['TransactionOut'];
export type TransactionDetail = Schemas['TransactionDetail'];
export type Balance = Schemas['BalanceOut'];

export const types: readonly { value: Transaction['type']; label: string }[] = [
  { value: 'accrual', label: 'Earned' }, { value: 'initial', label: 'Begun with' }, { value: 'redeem', label: 'Spent' }, { value: 'adjust', label: 'Corrected' },
  { value: 'expire', label: 'Lapsed' }, { value: 'commit', label: 'Hold committed' }, { value: 'rollback', label: 'Hold rolled back' }, { value: 'time_out', label: 'Hold ran out of time' },
  { value: 'cancel', label: 'Cancelled' }, { value: 'take_back', label: 'Taken back' }, { value: 'give_back', label: 'Given back' }, { value: 'reset', label: 'Set to zero' },
  { value: 'merge_out', label: 'Moved to a merged profile' }, { value: 'merge_in', label: 'From a merged profile' },
];

export const states: readonly { value: Transaction['state']; label: string; tone: 'gray' | 'fjord' | 'plum' | 'marigold' | 'clay' }[] = [
  { value: 'final', label: 'Final', tone: 'gray' }, { value: 'held', label: 'On hold', tone: 'marigold' }, { value: 'committed', label: 'Committed', tone: 'fjord' },
  { value: 'rolled_back', label: 'Rolled back', tone: 'gray' }, { value: 'timed_out', label: 'Out of time', tone: 'gray' }, { value: 'cancelled', label: 'Cancelled', tone: 'clay' },
];

export const typeWords = (type: string): string => types.find((one) => one.value === type)?.label ?? type;

/** Who it is: the name for whoever may read profiles, else the number. */
export const whoOf = (t: Transaction): string => t.member ?? (t.profile_id > 0 ? `Member ${t.profile_id}` : 'erased');

/** Where it comes from: `order 1042`, `by hand`. */
export function sourceOf(t: Transaction): string | null {
  if (t.source_type === 'manual') return 'by hand';
  return t.source_type ? `${t.source_type} ${t.source_id}`.trim() : null;
}

const PLACES = 4;

/** A decimal text in ten-thousandths; null for what is no number of at most four places. */
function units(text: string): bigint | null {
  const found = /^\s*([+-]?)(\d{1,14})(?:\.(\d{1,4}))?\s*$/.exec(text.replace('−', '-'));
  if (!found) return null;
  const whole = BigInt(found[2] ?? '0') * 10n ** BigInt(PLACES) + BigInt((found[3] ?? '').padEnd(PLACES, '0'));
  return found[1] === '-' ? -whole : whole;
}

/** The exact sum of two decimal texts, without trailing zeros; null when one of them is no number. */
export function plus(a: string, b: string): string | null {
  const left = units(a), right = units(b);
  if (left === null || right === null) return null;
  const sum = left + right, size = (sum < 0n ? -sum : sum).toString().padStart(PLACES + 1, '0');
  const text = `${size.slice(0, -PLACES)}.${size.slice(-PLACES)}`.replace(/\.?0+$/, '');
  return sum < 0n ? `-${text}` : text;
}

export const isBelowZero = (text: string | null): boolean => text !== null && text.startsWith('-') && text !== '-0';

const day = 86_400_000;
export const periods = [{ value: '7', label: 'Last 7 days' }, { value: '30', label: 'Last 30 days' }, { value: '365', label: 'Last year' }] as const;
/** The first day of a period that ends today. */
export const firstDay = (days: string | undefined, now = Date.now()): string | undefined => (days ? new Date(now - Number(days) * day).toISOString().slice(0, 10) : undefined);

export function useTransaction(program: number, id: string) {
  return useQuery({ queryKey: ['transactions', program, 'one', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/transactions/{transaction_id}', { params: { path: { program_id: program, transaction_id: id } }, signal })) });
}

export function useBalance(program: number, profile: number) {
  return useQuery({ queryKey: ['transactions', program, 'balance', profile], placeholderData: keepPreviousData, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/members/{profile_id}/balance', { params: { path: { program_id: program, profile_id: profile } }, signal })) });
}

/** What shows other figures once points have moved. */
export const refresh = [['transactions'], ['members'], ['programs'], ['profiles']];
