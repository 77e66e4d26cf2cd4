import { useMutation, useQueryClient, type QueryKey, type UseMutationResult } from '@tanstack/react-query';
import { useRef } from 'react';
import { toProblem, type Problem } from './problem';

/** Random, also on plain http where `crypto.randomUUID` is not offered. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

export interface Attempt {
  /** pass as header: `headers: attempt.headers` */
  headers: { 'Idempotency-Key': string };
}

export interface ActionOptions<V, R> {
  run: (values: V, attempt: Attempt) => Promise<R>;
  /** lists and objects that are stale afterwards */
  refresh?: readonly QueryKey[];
  onDone?: (result: R, values: V) => void;
}

/**
 * A change. Each call has an Idempotency-Key of its own; sending the same values again after no answer came reuses it,
 * so that a double click or a lost reply does nothing twice.
 */
export function useAction<V, R>({ run, refresh = [], onDone }: ActionOptions<V, R>): UseMutationResult<R, Problem, V> {
  const client = useQueryClient();
  const last = useRef<{ values: string; key: string } | null>(null);
  return useMutation<R, Problem, V>({
    mutationFn: async (values) => {
      const text = JSON.stringify(values) || '';
      const key = last.current?.values === text ? last.current.key : newKey();
      last.current = { values: text, key };
      try {
        const result = await run(values, { headers: { 'Idempotency-Key': key } });
        last.current = null;
        return result;
      } catch (error) {
        const problem = toProblem(error);
        if (!problem.unreachable) last.current = null;
        throw problem;
      }
    },
    onSuccess: async (result, values) => {
      await Promise.all(refresh.map((queryKey) => client.invalidateQueries({ queryKey })));
      onDone?.(result, values);
    },
  });
}
