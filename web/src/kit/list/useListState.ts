import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { usePatchSearch, type ListSearch, type Search } from '../routing/search';

export interface ListState {
  q: string;
  sort: string | undefined;
  filter: Readonly<Record<string, readonly string[]>>;
  /** something narrows the list */
  narrowed: boolean;
  setQ: (q: string) => void;
  setSort: (sort: string | undefined) => void;
  setFilter: (key: string, values: readonly string[]) => void;
  clear: () => void;
  /** for the query key and the request: `q`, `sort` and each filter as a comma-separated value */
  params: Readonly<Record<string, string>>;
}

const none: Readonly<Record<string, readonly string[]>> = {};

/** Search, sort and filters of a list, kept in the page's address. */
export function useListState(options: { defaultSort?: string } = {}): ListState {
  const search = useSearch({ strict: false }) satisfies object as ListSearch & Search;
  const patch = usePatchSearch();
  const q = typeof search.q === 'string' ? search.q : '';
  const sort = search.sort ?? options.defaultSort;
  const filter = (search.filter ?? none) as Readonly<Record<string, readonly string[]>>;
  return useMemo(() => {
    const params: Record<string, string> = {};
    if (q) params.q = q;
    if (sort) params.sort = sort;
    for (const [key, values] of Object.entries(filter)) if (values.length > 0) params[key] = values.join(',');
    return {
      q, sort, filter, params,
      narrowed: q !== '' || Object.keys(filter).length > 0,
      setQ: (next: string) => { patch({ q: next }, { replace: true }); },
      setSort: (next: string | undefined) => { patch({ sort: next === options.defaultSort ? undefined : next }); },
      setFilter: (key: string, values: readonly string[]) => {
        const rest = Object.fromEntries(Object.entries(filter).filter(([k]) => k !== key));
        const next = values.length > 0 ? { ...rest, [key]: values } : rest;
        patch({ filter: Object.keys(next).length > 0 ? next : undefined });
      },
      clear: () => { patch({ q: undefined, filter: undefined }); },
    };
  }, [q, sort, filter, patch, options.defaultSort]);
}
