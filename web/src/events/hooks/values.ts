import type { components } from '@/api/schema';
import type { Hook, Rule } from './model';

export interface RuleRow { name: string; op: Rule['op']; value: string }
/** `stored`: the value is on the server and is kept while nothing is typed. */
export interface HeaderRow { name: string; value: string; stored: boolean }
export interface Values extends Record<string, unknown> {
  name: string; url: string; allow_http: boolean; database_id: string; which: string; types: string[];
  resources: string[]; mailings: string[]; templates: string[]; segments: string[]; properties: RuleRow[];
  headers: HeaderRow[]; custom_data: string; batch_size: number | string; max_delay: number | string;
}

const texts = (ids: readonly number[] | undefined): string[] => (ids ?? []).map(String);
const shown = (value: Rule['value']): string => (value === null || value === undefined ? '' : String(value));

export function valuesOf(hook: Hook | undefined): Values {
  const filters = hook?.filters;
  return {
    name: hook?.name ?? '', url: hook?.url ?? 'https://', allow_http: hook?.allow_http ?? false, database_id: hook?.database_id ? String(hook.database_id) : 'all',
    which: hook === undefined || hook.types.length === 0 ? 'all' : 'some', types: hook?.types ?? [],
    resources: texts(filters?.resources), mailings: texts(filters?.mailings), templates: texts(filters?.templates), segments: texts(filters?.segments),
    properties: (filters?.properties ?? []).map((r) => ({ name: r.name, op: r.op, value: shown(r.value) })),
    headers: (hook?.header_names ?? []).map((name) => ({ name, value: '', stored: true })),
    custom_data: hook && Object.keys(hook.custom_data).length > 0 ? JSON.stringify(hook.custom_data, null, 2) : '',
    batch_size: hook?.batch_size ?? 100, max_delay: hook?.max_delay ?? 5,
  };
}

/** A number, true and false are meant as such; anything else is text. */
export function typed(text: string): string | number | boolean {
  const plain = text.trim();
  if (plain === 'true' || plain === 'false') return plain === 'true';
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(plain) ? Number(plain) : plain;
}

const numbers = (values: readonly string[]) => values.map(Number);
const whole = (value: number | string, least: number, most: number) => value !== '' && Number.isInteger(Number(value)) && Number(value) >= least && Number(value) <= most;

function objectOf(text: string): Record<string, unknown> | null {
  if (!text.trim()) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

export function check(v: Values): Record<string, string | null> {
  const faults: Record<string, string | null> = {
    name: v.name.trim() ? null : 'Enter a name for the hook',
    url: /^https?:\/\/[^\s/]+/.test(v.url.trim()) ? (v.url.trim().startsWith('http://') && !v.allow_http ? 'Use https://, or allow it to be sent unencrypted' : null) : 'Enter an address, such as https://example.com/events',
    types: v.which === 'some' && v.types.length === 0 ? 'Choose a type, or send every event' : null,
    custom_data: objectOf(v.custom_data) ? null : 'Enter a JSON object, such as {"shop": 7}',
    batch_size: whole(v.batch_size, 1, 500) ? null : 'Enter 1 to 500 events',
    max_delay: whole(v.max_delay, 0, 3600) ? null : 'Enter 0 to 3,600 seconds',
  };
  v.headers.forEach((row, n) => {
    if (!row.name.trim()) faults[`headers.${n}.name`] = 'Enter the name of the header';
    if (!row.stored && !row.value) faults[`headers.${n}.value`] = 'Enter its value';
  });
  v.properties.forEach((row, n) => {
    if (!row.name.trim()) faults[`properties.${n}.name`] = 'Enter the name of a property';
    if (!row.op.startsWith('is_') && !row.value.trim()) faults[`properties.${n}.value`] = 'Enter a value';
  });
  return faults;
}

type HookBody = Required<components['schemas']['HookPatch']>;

export function bodyOf(v: Values): HookBody {
  return {
    name: v.name.trim(), url: v.url.trim(), allow_http: v.allow_http, database_id: v.database_id === 'all' ? null : Number(v.database_id),
    types: v.which === 'all' ? [] : v.types,
    filters: {
      resources: numbers(v.resources), mailings: numbers(v.mailings), templates: numbers(v.templates), segments: numbers(v.segments),
      properties: v.properties.map((r) => ({ name: r.name.trim(), op: r.op, value: r.op.startsWith('is_') ? null : typed(r.value) })),
    },
    headers: Object.fromEntries(v.headers.map((row) => [row.name.trim(), row.stored && !row.value ? null : row.value])),
    custom_data: objectOf(v.custom_data) ?? {}, batch_size: Number(v.batch_size), max_delay: Number(v.max_delay),
  };
}
