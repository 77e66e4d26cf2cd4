import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Look } from './useViews';
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
  /** columns switched against the list's own choice; null: the address says nothing of them */
  columns: Readonly<Record<string, boolean>> | null;
  setColumns: (columns: Readonly<Record<string, boolean>>) => void;
  /** the saved view that is open */
  view: number | null;
  defaultSort: string;
  /** everything that a view keeps */
  look: Look;
  /** shows the list as a view keeps it */
  apply: (look: Look, view: number | null, how?: { replace: boolean }) => void;
  /** the address says nothing but which view */
  bare: boolean;
  /** the list as it comes: no view, nothing narrowed */
  reset: () => void;
  /** for the query key and the request: `q`, `sort` and each filter as a comma-separated value */
  params: Readonly<Record<string, string>>;
}

const none: Readonly<Record<string, readonly string[]>> = {};

/** in an address: the list's own columns, whatever was chosen here before */
const OWN = '.';
const columnsOf = (text: string): Record<string, boolean> =>
  Object.fromEntries(text.split(',').filter((key) => key !== '' && key !== OWN).map((key) => (key.startsWith('-') ? [key.slice(1), false] : [key, true])));
const colsOf = (columns: Readonly<Record<string, boolean>>): string => Object.entries(columns).map(([key, on]) => (on ? key : `-${key}`)).join(',');

/** Search, sort and filters of a list, kept in the page's address. */
export function useListState(options: { defaultSort?: string } = {}): ListState {
  const search = useSearch({ strict: false }) satisfies object as ListSearch & Search;
  const patch = usePatchSearch();
  const q = typeof search.q === 'string' ? search.q : '';
  const sort = search.sort ?? options.defaultSort;
  const filter = (search.filter ?? none) as Readonly<Record<string, readonly string[]>>;
  const cols = typeof search.cols === 'string' ? search.cols : null;
  const view = typeof search.view === 'number' ? search.view : null;
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
      columns: cols === null ? null : columnsOf(cols),
      setColumns: (next: Readonly<Record<string, boolean>>) => { patch({ cols: colsOf(next) }, { replace: true }); },
      view,
      defaultSort: options.defaultSort ?? '',
      look: { q, sort: search.sort ?? '', filter: Object.fromEntries(Object.entries(filter).map(([key, values]) => [key, [...values]])), columns: cols === null ? {} : columnsOf(cols) },
      apply: (look: Look, id: number | null, how?: { replace: boolean }) => {
        patch({ q: look.q, sort: look.sort, filter: Object.keys(look.filter).length > 0 ? look.filter : undefined, cols: colsOf(look.columns) || OWN, view: id ?? undefined }, how);
      },
      bare: view !== null && q === '' && search.sort === undefined && cols === null && Object.keys(filter).length === 0,
      reset: () => { patch({ q: undefined, sort: undefined, filter: undefined, cols: undefined, view: undefined }); },
    };
  }, [q, sort, search.sort, filter, cols, view, patch, options.defaultSort]);
}
