import type { components } from '@/api/schema';
import { exampleOf, localOf, momentOf, roomOf, type Field, type Pool } from './model';

interface Header { name: string; value: string; stored: boolean }
export interface Values extends Record<string, unknown> {
  name: string; short_name: string; description: string; kind: Pool['kind']; way: Pool['way']; pattern: string;
  remote_url: string; remote_headers: Header[]; remote_batch: number | string;
  valid_from: string; valid_until: string; expiry: { kind: NonNullable<Pool['expiry']['kind']>; at: string; period: string };
  max_uses: number | string; max_uses_per_person: number | string; code_limit: number | string; warn_below: number | string;
  scenarios_create: boolean; mailings_create: boolean; fields: Field[];
}
type Unit = 'D' | 'W' | 'M' | 'Y' | 'H';

export const units: readonly { value: Unit; label: string }[] = [{ value: 'H', label: 'hours' }, { value: 'D', label: 'days' }, { value: 'W', label: 'weeks' }, { value: 'M', label: 'months' }, { value: 'Y', label: 'years' }];
export const periodOf = (n: number | string, unit: string): string => (unit === 'H' ? `PT${n}H` : `P${n}${unit}`);
export function splitPeriod(period: string): { n: number | ''; unit: Unit } {
  const found = /^P(T?)(\d+)([DWMYH])$/.exec(period);
  return found ? { n: Number(found[2]), unit: found[3] as Unit } : { n: '', unit: 'D' };
}

export const valuesOf = (pool?: Pool): Values => ({
  name: pool?.name ?? '', short_name: pool?.short_name ?? '', description: pool?.description ?? '', kind: pool?.kind ?? 'personal', way: pool?.way ?? 'template', pattern: pool?.pattern ?? 'CODE-####-@@@@',
  remote_url: pool?.remote_url ?? 'https://', remote_headers: (pool?.remote_header_names ?? []).map((name) => ({ name, value: '', stored: true })), remote_batch: pool?.remote_batch ?? 1000,
  valid_from: localOf(pool?.valid_from ?? null), valid_until: localOf(pool?.valid_until ?? null),
  expiry: { kind: pool?.expiry.kind ?? 'never', at: localOf(pool?.expiry.at ?? null), period: pool?.expiry.period ?? 'P30D' },
  max_uses: pool ? pool.max_uses ?? '' : 1, max_uses_per_person: pool ? pool.max_uses_per_person ?? '' : 1, code_limit: pool?.code_limit ?? 5_000_000, warn_below: pool?.warn_below ?? 100,
  scenarios_create: pool?.scenarios_create ?? false, mailings_create: pool?.mailings_create ?? false, fields: [...(pool?.fields ?? [])],
});

const whole = (value: number | string, least: number) => value !== '' && Number.isInteger(Number(value)) && Number(value) >= least;

export function check(v: Values): Record<string, string | null> {
  const faults: Record<string, string | null> = {
    name: v.name.trim() ? null : 'Enter a name for the pool',
    short_name: /^[a-z][a-z0-9_]{0,39}$/.test(v.short_name) ? null : 'Begin with a letter; use a to z, digits and _',
    valid_until: v.valid_from && v.valid_until && v.valid_from >= v.valid_until ? 'The end must come after the beginning' : null,
    max_uses: v.max_uses === '' || whole(v.max_uses, 1) ? null : 'Enter 1 or more, or nothing for any number',
    max_uses_per_person: v.max_uses_per_person === '' || whole(v.max_uses_per_person, 1) ? null : 'Enter 1 or more, or nothing for any number',
    code_limit: whole(v.code_limit, 1) ? null : 'Enter how many codes there may be',
    warn_below: whole(v.warn_below, 0) ? null : 'Enter a number, 0 for no warning',
  };
  if (v.way === 'template') faults.pattern = exampleOf(v.pattern) === null ? 'Write a pattern without spaces, such as SPRING-####-@@@@' : roomOf(v.pattern) < 1 ? 'So few codes could be guessed: add places' : null;
  if (v.way === 'remote') {
    faults.remote_url = /^https?:\/\/[^\s/]+/.test(v.remote_url.trim()) ? null : 'Enter an address, such as https://shop.example.com/codes';
    faults.remote_batch = whole(v.remote_batch, 1) && Number(v.remote_batch) <= 10_000 ? null : 'Enter 1 to 10,000';
    v.remote_headers.forEach((row, n) => {
      if (!row.name.trim()) faults[`remote_headers.${n}.name`] = 'Enter the name of the header';
      if (!row.stored && !row.value) faults[`remote_headers.${n}.value`] = 'Enter its value';
    });
  }
  if (v.expiry.kind === 'after' && !(Number(splitPeriod(v.expiry.period).n) > 0)) faults['expiry.period'] = 'Enter how long codes last';
  if (v.expiry.kind === 'fixed' && !v.expiry.at) faults['expiry.at'] = 'Say when they expire';
  v.fields.forEach((field, n) => {
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(field.key)) faults[`fields.${n}.key`] = 'Begin with a letter; use a to z, digits and _';
    if (!field.name.trim()) faults[`fields.${n}.name`] = 'Enter what it is called';
  });
  return faults;
}

const count = (value: number | string): number | null => (value === '' ? null : Number(value));

/** What is sent; a header whose value is null keeps the stored one. */
export function bodyOf(v: Values): Omit<components['schemas']['PromoPoolPatch'], 'version' | 'kind' | 'way'> {
  return {
    name: v.name.trim(), short_name: v.short_name, description: v.description.trim(),
    ...(v.way === 'template' ? { pattern: v.pattern } : {}),
    ...(v.way === 'remote' ? { remote_url: v.remote_url.trim(), remote_batch: Number(v.remote_batch), remote_headers: Object.fromEntries(v.remote_headers.map((row) => [row.name.trim(), row.stored && !row.value ? null : row.value])) } : {}),
    valid_from: momentOf(v.valid_from), valid_until: momentOf(v.valid_until),
    expiry: { kind: v.expiry.kind, at: v.expiry.kind === 'fixed' ? momentOf(v.expiry.at) : null, period: v.expiry.kind === 'after' ? v.expiry.period : null },
    max_uses: count(v.max_uses), max_uses_per_person: count(v.max_uses_per_person), code_limit: Number(v.code_limit), warn_below: Number(v.warn_below),
    scenarios_create: v.scenarios_create, mailings_create: v.mailings_create, fields: v.fields,
  };
}
