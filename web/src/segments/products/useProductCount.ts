import { useEffect, useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { toProblem, type Problem } from '@/api/problem';
import type { components } from '@/api/schema';
import type { Json } from '@/conditions';
import { announce, formatCount } from '@/kit';
import { words, type Entity, type ProductCalculation } from './model';

const WAIT_MS = 250;
const SHOWN = 24;

export interface ProductCount { data: ProductCalculation | undefined; stale: boolean; problem: Problem | null; again: () => void }
type Condition = components['schemas']['ProductCalculateIn']['condition'];

/** How many products rules find, and the first of them, while the rules are being built: asked after a pause, late answers ignored. */
export function useProductCount(entity: Entity, condition: Json, limit: number | null): ProductCount {
  const [state, setState] = useState<{ data: ProductCalculation | undefined; settled: string; problem: Problem | null }>({ data: undefined, settled: '', problem: null });
  const [round, setRound] = useState(0);
  const turn = useRef(0);
  const key = JSON.stringify({ entity, condition, limit });
  useEffect(() => {
    const mine = ++turn.current;
    const aborter = new AbortController();
    const ask = async () => {
      try {
        const asked = JSON.parse(key) as { entity: Entity; condition: Json; limit: number | null };
        const data = await ok(api.POST('/api/v1/market/product-segments/calculate', { body: { entity: asked.entity, condition: asked.condition as Condition, rows: SHOWN, nodes: true, ...(asked.limit ? { limit: asked.limit } : {}) }, signal: aborter.signal }));
        if (turn.current === mine) setState({ data, settled: key, problem: null });
      } catch (error) {
        if (!aborter.signal.aborted && turn.current === mine) setState((s) => ({ ...s, settled: key, problem: toProblem(error) }));
      }
    };
    const timer = setTimeout(() => void ask(), WAIT_MS);
    return () => { clearTimeout(timer); aborter.abort(); };
  }, [key, round]);
  const stale = state.settled !== key;
  const count = state.data?.count;
  useEffect(() => { if (!stale && count !== undefined && state.problem === null) announce(formatCount(count, words[entity].one, words[entity].many)); }, [stale, count, state.problem, entity]);
  return { data: state.data, stale, problem: stale ? null : state.problem, again: () => { setRound((n) => n + 1); } };
}
