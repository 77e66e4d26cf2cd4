import { keepPreviousData, useInfiniteQuery, type InfiniteData, type QueryKey, type UseInfiniteQueryResult } from '@tanstack/react-query';

/** The reply of every list of the API. */
export interface ListReply<T> {
  items: T[];
  next_cursor?: string | null;
  total?: number | null;
}

export interface ListFetch {
  cursor: string | undefined;
  limit: number;
  signal: AbortSignal;
}

export type ListQuery<T> = UseInfiniteQueryResult<InfiniteData<ListReply<T>>>;

/** A list by keyset: fifty rows, then "Load more". Old rows stay while filters change. */
export function useList<T>(key: QueryKey, fetchPage: (at: ListFetch) => Promise<ListReply<T>>, options: { enabled?: boolean; limit?: number; refetchInterval?: number | false; /** asked for again every other second while this is so */ unsettled?: (row: T) => boolean } = {}): ListQuery<T> {
  const { enabled = true, limit = 50, refetchInterval = false, unsettled } = options;
  return useInfiniteQuery({
    queryKey: key,
    enabled,
    refetchInterval: (query) => (unsettled && query.state.data?.pages.some((page) => page.items.some(unsettled)) ? 2000 : refetchInterval),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => fetchPage({ cursor: pageParam, limit, signal }),
    getNextPageParam: (last: ListReply<T>) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}
