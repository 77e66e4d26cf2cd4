import { useLocalStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { ListReply } from './list';
import { call } from './client';
import { useCan } from './session';

export interface Database {
  id: number;
  name: string;
  timezone: string;
}

export const databasesKey = ['databases'] as const;

/** All databases this person can see; undefined while loading. */
export function useDatabases(): Database[] | undefined {
  const can = useCan('databases:read');
  return useQuery({
    queryKey: [...databasesKey, 'all'],
    queryFn: ({ signal }) => call<ListReply<Database>>('/api/v1/databases?limit=1000', { signal }),
    enabled: can,
    staleTime: 30_000,
  }).data?.items;
}

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
