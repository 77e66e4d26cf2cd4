import type { Search } from '@/kit';

export const FILTERS = ['from', 'to', 'by', 'points', 'level', 'segment', 'promotion', 'channel', 'region', 'currency', 'pool'] as const;
export type Filter = (typeof FILTERS)[number];
export type Filters = Partial<Record<Filter, string>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined);

/** What an address may say of a report; anything else is left out. */
export function filtersOf(search: Search): Filters {
  const found: Filters = {};
  for (const name of FILTERS) {
    const value = text(search[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
