import { useLocalStorage } from '@mantine/hooks';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api, ok } from './client';
import type { components } from './schema';
import { useCan } from './session';

export type Database = components['schemas']['DatabaseOut'];

export const databasesKey = ['databases'] as const;

export const databasesQuery = queryOptions({
  queryKey: [...databasesKey, 'all'],
  queryFn: ({ signal }) => ok(api.GET('/api/v1/databases', { params: { query: { limit: 1000 } }, signal })),
  staleTime: 30_000,
});

/** The databases this person can see, with how asking for them goes. */
export function useDatabaseList() {
  const can = useCan('databases:read');
  return useQuery({ ...databasesQuery, enabled: can, select: (reply) => reply.items });
}

/** All databases this person can see; undefined while loading. */
export const useDatabases = (): Database[] | undefined => useDatabaseList().data;

/** The database at hand: the one in the address, else the one chosen last, else the first. */
export function useDatabase(): Database | undefined {
  const databases = useDatabases();
  const params: Record<string, unknown> = useParams({ strict: false });
  const [chosen] = useLocalStorage<number>({ key: 'fidelia.database', defaultValue: 0, getInitialValueInEffect: false });
  const wanted = Number(params.databaseId) || chosen;
  return databases?.find((db) => db.id === wanted) ?? databases?.[0];
}

export function useChooseDatabase(): (id: number) => void {
  const [, set] = useLocalStorage<number>({ key: 'fidelia.database', defaultValue: 0, getInitialValueInEffect: false });
  return useCallback((id) => { set(id); }, [set]);
}
