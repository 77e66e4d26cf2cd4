import { useEffect, useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { toProblem, type Problem } from '@/api/problem';
import type { Definition, Kind } from './model';

const WAIT_MS = 300;

/** What the promotion would do, as a sentence, while it is being written: asked after a pause, late answers ignored. */
export function useSaying(programId: number, kind: Kind, definition: Definition): { sentence: string; stale: boolean; problem: Problem | null } {
  const [state, setState] = useState<{ sentence: string; settled: string; problem: Problem | null }>({ sentence: '', settled: '', problem: null });
  const turn = useRef(0);
  const key = JSON.stringify({ kind, definition: { ...definition, name: definition.name.trim() || '…' } });
  useEffect(() => {
    const mine = ++turn.current, aborter = new AbortController();
    const ask = async () => {
      try {
        const body = JSON.parse(key) as { kind: Kind; definition: Definition };
        const told = await ok(api.POST('/api/v1/loyalty/programs/{program_id}/promotions/sentence', { params: { path: { program_id: programId } }, body, signal: aborter.signal }));
        if (turn.current === mine) setState({ sentence: told.sentence, settled: key, problem: null });
      } catch (error) {
        if (!aborter.signal.aborted && turn.current === mine) setState((s) => ({ ...s, settled: key, problem: toProblem(error) }));
      }
    };
    const timer = setTimeout(() => void ask(), WAIT_MS);
    return () => { clearTimeout(timer); aborter.abort(); };
  }, [key, programId]);
  return { sentence: state.sentence, stale: state.settled !== key, problem: state.problem };
}
