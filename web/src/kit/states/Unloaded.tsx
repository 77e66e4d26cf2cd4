import { useQueryClient, type Query } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { toProblem } from '@/api/problem';
import { ErrorAlert } from './PanelError';
import { partOf } from './parts';
import { isTold, onTold } from './told';

/** Pages and drawers that may speak, the topmost last; an error stays with the one that spoke of it first. */
const layers: symbol[] = [];
const spoken = new WeakMap<Error, symbol>();
/** What a person may not see is left out in silence, and what was typed wrong is told beside the field. */
const elsewhere = new Set([403, 422]);

const silent = (query: Query): boolean =>
  query.state.status === 'error' && query.state.data === undefined && query.isActive()
  && !isTold(query.state.error) && !elsewhere.has(toProblem(query.state.error).status) && partOf(query.queryKey) !== null;

function mine(query: Query, me: symbol): boolean {
  const error = query.state.error;
  if (!(error instanceof Error)) return false;
  const owner = spoken.get(error);
  if (owner !== undefined && layers.includes(owner)) return owner === me;
  if (layers.at(-1) !== me) return false;
  spoken.set(error, me);
  return true;
}

const and = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`);
const same = (a: readonly Query[], b: readonly Query[]): boolean => a.length === b.length && a.every((query, i) => query === b[i]);

/** Nothing fails in silence: requests of this page that failed, and that no panel speaks of, are named here with "Try again". */
export function Unloaded() {
  const cache = useQueryClient().getQueryCache();
  const [failed, setFailed] = useState<readonly Query[]>([]);
  useEffect(() => {
    const me = Symbol('layer');
    layers.push(me);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      // panels get their turn first
      timer = setTimeout(() => {
        const found = cache.getAll().filter((query) => silent(query) && mine(query, me));
        setFailed((before) => (same(before, found) ? before : found));
      }, 30);
    };
    const leave = [cache.subscribe(look), onTold(look)];
    look();
    return () => {
      clearTimeout(timer);
      leave.forEach((stop) => { stop(); });
      layers.splice(layers.indexOf(me), 1);
    };
  }, [cache]);
  const first = failed[0];
  if (!first) return null;
  const what = and([...new Set(failed.map((query) => partOf(query.queryKey) ?? ''))]);
  return <ErrorAlert error={first.state.error} what={what} onRetry={() => { failed.forEach((query) => void query.fetch().catch(() => undefined)); }} />;
}
