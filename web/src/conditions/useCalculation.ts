import { useEffect, useRef, useState } from 'react';
import { api } from '@/api/client';
import { cancelJob, useJob, type Job } from '@/api/jobs';
import { Problem, toProblem } from '@/api/problem';
import type { components } from '@/api/schema';
import { announce, failToast, formatCount } from '@/kit';
import type { Json } from './tree';

export type Calculation = components['schemas']['Calculation'];
type Ask = components['schemas']['CalculateIn'];

/** Typing settles before anything is asked. */
export const WAIT_MS = 250;
const SLOW_MS = 300;

export interface Question {
  databaseId: number;
  condition: Json;
  columns: readonly string[];
  range?: Ask['range'];
  limit?: number | null;
}

export interface LiveCount {
  /** the last answer; it may be of an older question */
  data: Calculation | undefined;
  /** the answer belongs to an older question */
  stale: boolean;
  /** asked, and longer than a moment ago */
  counting: boolean;
  job: Job | undefined;
  stopped: boolean;
  problem: Problem | null;
  stop: () => void;
  again: () => void;
}

interface State { data: Calculation | undefined; asked: string; settled: string; counting: boolean; jobId: string | null; stopped: boolean; problem: Problem | null }

/**
 * The size of a condition while it is being built: asked after a pause, what is in flight is given up, late answers are
 * ignored, the old figure stays until the new one is there. What takes long is followed as a job.
 */
export function useCalculation(question: Question | null): LiveCount {
  const [state, setState] = useState<State>({ data: undefined, asked: '', settled: '', counting: false, jobId: null, stopped: false, problem: null });
  const [round, setRound] = useState(0);
  const turn = useRef(0);
  const key = question ? JSON.stringify(question) : '';

  useEffect(() => {
    if (key === '') return;
    const mine = ++turn.current;
    const aborter = new AbortController();
    let slow: ReturnType<typeof setTimeout> | undefined;
    const put = (next: Partial<State>) => { if (turn.current === mine) setState((s) => ({ ...s, ...next })); };
    const ask = async () => {
      const { databaseId, condition, columns, range, limit } = JSON.parse(key) as Question;
      put({ asked: key, jobId: null, stopped: false });
      slow = setTimeout(() => { put({ counting: true }); }, SLOW_MS);
      try {
        const body: Ask = { database_id: databaseId, condition: condition as Ask['condition'], columns: [...columns], limit: 50, nodes: true, ...(range ? { range } : {}), ...(limit ? { segment_limit: limit } : {}) };
        const { data } = await api.POST('/api/v1/segments/calculate', { body, signal: aborter.signal });
        if (data && 'job' in data) put({ jobId: data.job.id, counting: true });
        else if (data) put({ data, settled: key, counting: false, problem: null });
      } catch (error) {
        if (!aborter.signal.aborted) put({ problem: toProblem(error), settled: key, counting: false });
      } finally {
        clearTimeout(slow);
      }
    };
    const timer = setTimeout(() => void ask(), WAIT_MS);
    return () => {
      clearTimeout(timer);
      clearTimeout(slow);
      aborter.abort();
    };
  }, [key, round]);

  const finish = (job: Job) => {
    if (job.id !== state.jobId) return;
    if (job.state === 'done' && job.result) setState((s) => ({ ...s, data: job.result as unknown as Calculation, settled: s.asked, jobId: null, counting: false, problem: null }));
    else setState((s) => ({ ...s, jobId: null, counting: false, settled: s.asked, stopped: job.state === 'cancelled', problem: job.state === 'failed' ? new Problem({ status: 503, title: 'The count did not come to an end', detail: job.error ?? '' }) : null }));
  };
  const job = useJob(state.jobId, finish);
  const stale = state.settled !== key;
  const count = state.data?.count;
  useEffect(() => { if (!stale && count !== undefined && state.problem === null) announce(formatCount(count, 'person', 'people')); }, [stale, count, state.problem]);
  return {
    data: state.data, stale, counting: state.counting, job, stopped: state.stopped && !stale, problem: stale ? null : state.problem,
    stop: () => { if (state.jobId) cancelJob(state.jobId).catch(failToast); },
    again: () => { setRound((n) => n + 1); },
  };
}
