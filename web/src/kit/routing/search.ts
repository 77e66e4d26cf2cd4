import { parseSearchWith, stringifySearchWith, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type Search = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** Read a value of an address. What would not be written the same again as a number, such as `0123e4`, is a word. */
function value(written: string): unknown {
  const read: unknown = JSON.parse(written);
  if (typeof read === 'number' && String(read) !== written) throw new RangeError(written);
  return read;
}

/** How the router reads and writes what stands after the question mark. */
export const searchForm = { parseSearch: parseSearchWith(value), stringifySearch: stringifySearchWith(JSON.stringify, value) };

/** Read and change search params of the page at hand. `undefined` or '' removes one. */
export function useSearchParam(name: string): readonly [string | undefined, (value: string | undefined, how?: { replace?: boolean }) => void] {
  const search: Search = useSearch({ strict: false });
  const patch = usePatchSearch();
  const set = useCallback((value: string | undefined, how?: { replace?: boolean }) => { patch({ [name]: value }, how); }, [patch, name]);
  return [text(search[name]), set];
}

export function usePatchSearch(): (values: Search, how?: { replace?: boolean }) => void {
  const navigate = useNavigate();
  return useCallback((values, how) => {
    const change = (before: Search): Search => {
      const after = { ...before, ...values };
      for (const [key, value] of Object.entries(after)) {
        if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) Reflect.deleteProperty(after, key);
      }
      return after;
    };
    void navigate({ to: '.', search: change, replace: how?.replace ?? false, resetScroll: false });
  }, [navigate]);
}

/** What every page may carry in its address. */
export interface PageSearch {
  tab?: string;
  drawer?: string;
}

export interface ListSearch<F extends string = string> extends PageSearch {
  q?: string;
  sort?: string;
  filter?: Partial<Record<F, string[]>>;
  /** columns switched on or off against the list's own choice: `phones,-city` */
  cols?: string;
  /** the saved view that is open */
  view?: number;
}

function put<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) target[key] = value;
}

/** `validateSearch` of a page with tabs and a drawer. */
export function pageSearch(search: Search): PageSearch {
  const out: PageSearch = {};
  put(out, 'tab', text(search.tab));
  put(out, 'drawer', text(search.drawer));
  return out;
}

/** `validateSearch` of a list page: `?q=&sort=-created_at&filter={"type":["static"]}`, unknown filters dropped. */
export function listSearch<F extends string>(filters: readonly F[] = []): (search: Search) => ListSearch<F> {
  return (search) => {
    const out: ListSearch<F> = pageSearch(search);
    put(out, 'q', text(search.q));
    put(out, 'sort', text(search.sort));
    put(out, 'cols', text(search.cols));
    const view = Number(search.view);
    if (Number.isInteger(view) && view > 0) out.view = view;
    const given = search.filter;
    if (typeof given === 'object' && given !== null) {
      const kept: Partial<Record<F, string[]>> = {};
      for (const key of filters) {
        const values: unknown = Reflect.get(given, key);
        const list = (Array.isArray(values) ? values : [values]).map(text).filter((v) => v !== undefined);
        if (list.length > 0) kept[key] = list;
      }
      if (Object.keys(kept).length > 0) out.filter = kept;
    }
    return out;
  };
}
