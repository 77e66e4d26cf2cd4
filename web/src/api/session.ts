import { queryOptions, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, ok } from './client';
import type { components } from './schema';

export type Me = components['schemas']['MeOut'];

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => ok(api.GET('/api/v1/auth/me', { signal })),
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
  const me = await ok(api.POST('/api/v1/auth/login', { body: { email, password } }));
  client.setQueryData(meQuery.queryKey, me);
}

/** Ends the session here and forgets everything that was loaded with it. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await ok(api.POST('/api/v1/auth/logout'));
    client.clear();
    window.location.assign('/sign-in');
  };
}
