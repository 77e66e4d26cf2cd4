import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import type { SumPart } from '@/kit';

export type Pool = components['schemas']['PromoPoolOut'];
export type Code = components['schemas']['PromoCode'];
export type Batch = components['schemas']['PromoBatch'];
export type Holder = components['schemas']['CodeHolder'];
export type Field = components['schemas']['CodeField'];

export const refresh = [['promo-codes']] as const;
export const poolPath = (id: number) => ({ params: { path: { pool_id: id } } });

export const kinds = [
  { value: 'personal', label: 'Personal', description: 'Each code is for one person, and for nobody else' },
  { value: 'universal', label: 'Universal', description: 'One code, such as WELCOME10, is for many people' },
] as const;
export const ways = [
  { value: 'template', label: 'By a pattern', description: 'Fidelia makes them, such as SPRING-4729-KXQA' },
  { value: 'file', label: 'From a file', description: 'Your shop has made them; you import the list' },
  { value: 'remote', label: 'By a service', description: 'Another system is asked for codes over HTTP' },
] as const;
export const expiries = [
  { value: 'never', label: 'Never' },
  { value: 'after', label: 'Some time after somebody gets it' },
  { value: 'fixed', label: 'At a fixed moment' },
] as const;
export const codeStates = [
  { value: 'free', label: 'Free' }, { value: 'attached', label: 'Given' }, { value: 'activated', label: 'Used' }, { value: 'expired', label: 'Lapsed' },
] as const;

export const wordOf = (list: readonly { value: string; label: string }[], value: string): string => list.find((one) => one.value === value)?.label ?? value;

/** What became of a pool's codes; of universal ones, of the people who have them. */
export function partsOf(pool: Pick<Pool, 'kind' | 'figures'>, open?: (state: string) => string): SumPart[] {
  const { left, given, used, lapsed } = pool.figures;
  const at = (state: string) => (open && pool.kind === 'personal' ? { href: open(state) } : {});
  return [
    ...(pool.kind === 'personal' ? [{ label: 'left', value: left ?? 0, ...at('free') }] : []),
    { label: 'given', value: given, tone: 'fjord' as const, ...at('attached') },
    { label: 'used', value: used, tone: 'plum' as const, ...at('activated') },
    { label: 'lapsed', value: lapsed, tone: 'marigold' as const, ...at('expired') },
  ];
}

/** What a pattern's codes look like; null for one that is not understood. The server has the last word. */
export function exampleOf(pattern: string): string | null {
  const varies = /[#@*]/.test(pattern.replaceAll(/\\./g, ''));
  let text = '', literal = false;
  let turn = 0;
  const from = (letters: string) => { turn += 7; return letters[turn % letters.length] ?? ''; };
  for (const sign of pattern) {
    if (literal) { text += sign; literal = false; } else if (sign === '\\') literal = true;
    else if (sign === '#') text += from('23456789');
    else if (sign === '@') text += from('ACDEFGHJKMNPQRTVWXY');
    else if (sign === '*') text += from('ACDEFGHJKMNPQRTVWXY23456789');
    else text += sign;
  }
  return varies && !pattern.replaceAll(/\\./g, '').endsWith('\\') && /^[!-~]{1,64}$/.test(text) ? text : null;
}

/** How many codes a pattern has room for, so that nobody guesses one. */
export function roomOf(pattern: string): number {
  const plain = pattern.replaceAll(/\\./g, '');
  const count = (sign: string) => plain.split(sign).length - 1;
  return Math.floor((8 ** count('#') * 19 ** count('@') * 27 ** count('*')) / 1000);
}

/** `Spring vouchers` → `spring_vouchers` */
export const shortFrom = (name: string): string => name.toLowerCase().normalize('NFKD').replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^[^a-z]+|_+$/g, '').slice(0, 40);

export const variableOf = (pool: Pick<Pool, 'short_name'>): string => `{{ loyalty.codes.${pool.short_name} }}`;

export function usePool(id: number) {
  return useQuery({
    queryKey: ['promo-codes', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/promo-codes/pools/{pool_id}', { ...poolPath(id), signal })),
  });
}

/** A moment of a form as the server takes it, and back; null for none. */
export const momentOf = (local: string): string | null => (local ? new Date(local).toISOString() : null);
export function localOf(moment: string | null): string {
  if (!moment) return '';
  const at = new Date(moment);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
