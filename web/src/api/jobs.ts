import { useEffect, useRef, useSyncExternalStore } from 'react';
import { api, ok } from './client';
import type { components } from './schema';

export type Job = components['schemas']['JobOut'];

export const ended = (job: Pick<Job, 'state'>): boolean => job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';

type Watcher = (job: Job, before: Job | undefined) => void;

let jobs: ReadonlyMap<string, Job> = new Map();
let snapshot: readonly Job[] = [];
const listeners = new Set<() => void>();
const watchers = new Set<Watcher>();
const wanted = new Map<string, number>();
/** Whether what runs was heard of at all, and why not lately. */
let hearing: { known: boolean; error: unknown } = { known: false, error: null };
let source: EventSource | null = null;
let poll: ReturnType<typeof setInterval> | undefined;

function order(a: Job, b: Job): number {
  return Number(ended(a)) - Number(ended(b)) || b.created_at.localeCompare(a.created_at);
}

/** Takes in what is known of jobs; also called with the job of a 202 reply. */
export function noteJobs(fresh: readonly Job[]): void {
  const next = new Map(jobs);
  for (const job of fresh) {
    const before = next.get(job.id);
    next.set(job.id, job);
    watchers.forEach((watch) => { watch(job, before); });
  }
  jobs = next;
  snapshot = [...next.values()].sort(order);
  listeners.forEach((tell) => { tell(); });
}

async function refresh(): Promise<void> {
  const { items } = await ok(api.GET('/api/v1/jobs', { params: { query: { state: 'active', limit: 100 } } }));
  const active = new Set(items.map((job) => job.id));
  const lost = [...jobs.values()].filter((job) => !ended(job) && !active.has(job.id)).map((job) => job.id);
  const asked = [...wanted.keys()].filter((id) => !jobs.has(id) && !active.has(id));
  const rest = await Promise.all([...new Set([...lost, ...asked])].map((id) => ok(api.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id: id } } }))));
  hearing = { known: true, error: null };
  noteJobs([...items, ...rest]);
}

let asking = false, askAgain = false;

/** Asks what runs; a failure is kept for who shows it, and the next round asks again. Asked meanwhile, once more after. */
export function askJobs(): void {
  askAgain = asking;
  if (asking) return;
  asking = true;
  refresh().catch((error: unknown) => {
    hearing = { ...hearing, error };
    listeners.forEach((tell) => { tell(); });
  }).finally(() => {
    asking = false;
    if (askAgain) askJobs();
  });
}

/** Forgets every job, and that any was heard of: whoever signs in next knows nothing of them. */
export function forgetJobs(): void {
  jobs = new Map();
  snapshot = [];
  hearing = { known: false, error: null };
  listeners.forEach((tell) => { tell(); });
}

/** One stream for the tab; polling every 3 s while the stream is down. Returns how to stop. */
export function followJobs(): () => void {
  let stopped = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    if (stopped) return;
    source = new EventSource('/api/v1/jobs/stream');
    source.addEventListener('open', () => {
      clearInterval(poll);
      poll = undefined;
      askJobs();
    });
    source.addEventListener('job', (event: MessageEvent<string>) => { noteJobs([JSON.parse(event.data) as Job]); });
    source.addEventListener('error', () => {
      poll ??= setInterval(askJobs, 3000);
      if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, 15_000);
    });
  };
  askJobs();
  open();
  return () => {
    stopped = true;
    clearTimeout(retry);
    clearInterval(poll);
    poll = undefined;
    source?.close();
    source = null;
    forgetJobs();
  };
}

/** Called for each change of any job, with what was known before. */
export function watchJobs(watch: Watcher): () => void {
  watchers.add(watch);
  return () => watchers.delete(watch);
}

const subscribe = (tell: () => void): (() => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

/** Before `known` nobody can say that nothing runs. */
export const useHearing = () => useSyncExternalStore(subscribe, () => hearing);

/** Every job this tab knows: running first, then the newest. */
export function useJobs(): readonly Job[] {
  return useSyncExternalStore(subscribe, () => snapshot);
}

/** Is it shown on the page at hand? Then nobody needs a toast about it. */
export const isShown = (id: string): boolean => wanted.has(id);

/** One job, live; undefined until it is known. `onEnd` runs once, when it ends, or at once when it has ended already. */
export function useJob(id: string | null | undefined, onEnd?: (job: Job) => void): Job | undefined {
  const told = useRef<string | null>(null);
  useEffect(() => {
    if (!id) return;
    wanted.set(id, (wanted.get(id) ?? 0) + 1);
    if (!jobs.has(id)) askJobs();
    return () => {
      const left = (wanted.get(id) ?? 1) - 1;
      if (left > 0) wanted.set(id, left);
      else wanted.delete(id);
    };
  }, [id]);
  useEffect(() => {
    if (!id || !onEnd) return;
    const tell = (job: Job | undefined) => {
      if (job?.id !== id || !ended(job) || told.current === id) return;
      told.current = id;
      onEnd(job);
    };
    tell(jobs.get(id));
    return watchJobs(tell);
  }, [id, onEnd]);
  return useSyncExternalStore(subscribe, () => (id ? jobs.get(id) : undefined));
}

/** Asks a job to stop; it stops between two chunks of its work. */
export async function cancelJob(id: string): Promise<void> {
  noteJobs([await ok(api.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id: id } } }))]);
}
