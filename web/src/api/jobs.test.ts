import { act, renderHook } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ended, followJobs, noteJobs, useJob, useJobs, type Job } from './jobs';

const job = (id: string, more: Partial<Job> = {}): Job => ({
  id, kind: 'profiles.import', title: `Import ${id}`, state: 'running', done: 0, total: 100, result: null, error: null, cancel_requested: false, database_id: 1, link: null, actor: 'Anna',
  attempts: 1, created_at: '2026-11-21T10:00:00Z', started_at: '2026-11-21T10:00:01Z', finished_at: null, heartbeat_at: null, ...more,
});

class Stream {
  static open: Stream[] = [];
  readyState = 1;
  listeners = new Map<string, (event: unknown) => void>();
  constructor(readonly url: string) { Stream.open.push(this); }
  addEventListener(name: string, listener: (event: unknown) => void) { this.listeners.set(name, listener); }
  close() { this.readyState = 2; }
  say(name: string, data?: unknown) { this.listeners.get(name)?.({ data: JSON.stringify(data) }); }
}

beforeEach(() => {
  Stream.open = [];
  vi.stubGlobal('EventSource', Object.assign(Stream, { CLOSED: 2 }));
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ items: [], next_cursor: null, total: 0 }), { status: 200, headers: { 'Content-Type': 'application/json' } })));
});

describe('jobs of this tab', () => {
  it('come over one stream, running first', () => {
    const stop = followJobs();
    const { result } = renderHook(() => useJobs());
    const stream = Stream.open[0]!;
    expect(Stream.open.map((s) => s.url)).toEqual(['/api/v1/jobs/stream']);
    act(() => { stream.say('job', job('a', { state: 'done' })); });
    act(() => { stream.say('job', job('b', { done: 10 })); });
    expect(result.current.map((j) => j.id).slice(0, 2)).toEqual(['b', 'a']);
    stop();
    expect(stream.readyState).toBe(2);
  });

  it('tell once when a watched one ends', () => {
    const onEnd = vi.fn();
    act(() => { noteJobs([job('c')]); });
    const { result } = renderHook(() => useJob('c', onEnd));
    expect(result.current?.done).toBe(0);
    act(() => { noteJobs([job('c', { done: 50 })]); });
    expect(onEnd).not.toHaveBeenCalled();
    act(() => { noteJobs([job('c', { state: 'failed', error: 'The disk is full' })]); });
    act(() => { noteJobs([job('c', { state: 'failed', error: 'The disk is full' })]); });
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(result.current && ended(result.current)).toBe(true);
  });

  it('tell at once, and once, of one that had ended before it was watched', () => {
    const onEnd = vi.fn();
    act(() => { noteJobs([job('d', { state: 'done' })]); });
    const { rerender } = renderHook(() => useJob('d', (one) => { onEnd(one.id); }));
    rerender();
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(onEnd).toHaveBeenCalledWith('d');
  });
});
