import type { ReactNode } from 'react';
import { Delayed, RefetchBar, SkeletonPanel } from './Loading';
import { PanelError } from './PanelError';

/** The part of a TanStack query that `Loaded` needs. */
export interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  isFetching: boolean;
  refetch: () => unknown;
}

export interface LoadedProps<T> {
  query: QueryLike<T>;
  /** what is loaded, as in "Could not load the segment" */
  what: string;
  skeleton?: ReactNode;
  children: (data: T) => ReactNode;
}

/** The name of what a page is about: undefined while it is unknown, its kind ("Segment") once it is known to be missing. */
export function named<T>({ data, error }: Pick<QueryLike<T>, 'data' | 'error'>, name: (data: T) => string, kind: string): string | undefined {
  return data !== undefined ? name(data) : error ? kind : undefined;
}

/** A query's four lives: skeleton after 200 ms, error with a retry, data, data under a 2 px bar. */
export function Loaded<T>({ query, what, skeleton = <SkeletonPanel />, children }: LoadedProps<T>) {
  if (query.data !== undefined) return <><RefetchBar on={query.isFetching} />{children(query.data)}</>;
  if (query.error) return <PanelError error={query.error} what={what} onRetry={() => void query.refetch()} />;
  return <Delayed>{skeleton}</Delayed>;
}
