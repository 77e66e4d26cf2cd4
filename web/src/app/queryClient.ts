import { QueryClient } from '@tanstack/react-query';
import { Problem } from '@/api/problem';

/** What the server refused is not asked again by itself; a lost connection is, twice. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < 2 && (!(error instanceof Problem) || error.unreachable || error.status === 503),
      },
      mutations: { retry: false },
    },
  });
}

export const queryClient = makeQueryClient();
