import { useEffect } from 'react';

const told = new Map<unknown, number>();
const listeners = new Set<() => void>();

const changed = (): void => { listeners.forEach((call) => { call(); }); };

/** This place says what became of the request that ended with `error`; the page's own line leaves it out. */
export function useTold(error: unknown): void {
  useEffect(() => {
    if (error === null || error === undefined) return;
    told.set(error, (told.get(error) ?? 0) + 1);
    changed();
    return () => {
      const left = (told.get(error) ?? 1) - 1;
      if (left > 0) told.set(error, left);
      else told.delete(error);
      changed();
    };
  }, [error]);
}

export const isTold = (error: unknown): boolean => told.has(error);

export function onTold(call: () => void): () => void {
  listeners.add(call);
  return () => { listeners.delete(call); };
}
