import { queryOptions, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { call } from './client';

export interface Me {
  user: { id: number; email: string; name: string; must_change_password?: boolean };
  roles: string[];
  rights: string[];
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => call<Me>('/api/v1/auth/me', { signal }),
  staleTime: 60_000,
  retry: false,
});

/** The signed-in person; the shell loads it before any page is shown. */
export function useMe(): Me | undefined {
  return useQuery(meQuery).data;
}

/** May this person do it? `useCan('segments:create')`. */
export function useCan(right: string): boolean {
  return useMe()?.rights.includes(right) ?? false;
}

export function useCanAny(): (right: string | undefined) => boolean {
  const rights = useMe()?.rights;
  return (right) => right === undefined || (rights?.includes(right) ?? false);
}

export async function signIn(client: QueryClient, email: string, password: string): Promise<void> {
  await call('/api/v1/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email, password }) });
  await client.fetchQuery({ ...meQuery, staleTime: 0 });
}

/** Ends the session here and forgets everything that was loaded with it. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await call('/api/v1/auth/logout', { method: 'POST' });
    client.clear();
    window.location.assign('/sign-in');
  };
}
