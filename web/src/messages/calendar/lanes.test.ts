import { describe, expect, it } from 'vitest';
import { lanesOf, lastedOn, type Span } from './lanes';
import { weeksOf } from './month';

const span = (id: number, first: string, last: string | null): Span => ({ id, name: `C${id}`, state: last ? 'completed' : 'active', first, last, started_at: `${first}T08:00:00Z`, completed_at: last && `${last}T08:00:00Z` });
const weeks = weeksOf({ year: 2026, month: 11 });
const week = (n: number): string[] => weeks[n] ?? [];

describe('campaigns in weeks', () => {
  it('reach from their first day to their last, or to today', () => {
    const [long, going] = [span(1, '2026-10-01', '2026-11-04'), span(2, '2026-11-03', null)];
    expect(lanesOf(week(0), [long, going], '2026-11-12')).toEqual([[{ campaign: long, from: 0, days: 7, begins: false, ends: false, now: false }]]);
    expect(lanesOf(week(1), [long, going], '2026-11-12')).toEqual([
      [{ campaign: long, from: 0, days: 3, begins: false, ends: true, now: false }],
      [{ campaign: going, from: 1, days: 6, begins: true, ends: false, now: false }],
    ]);
    expect(lanesOf(week(2), [long, going], '2026-11-12')).toEqual([[{ campaign: going, from: 0, days: 4, begins: false, ends: false, now: true }]]);
    expect(lanesOf(week(3), [long, going], '2026-11-12')).toEqual([]);
  });

  it('never lie over each other, and share a row where there is room', () => {
    const all = [span(1, '2026-11-02', '2026-11-03'), span(2, '2026-11-03', '2026-11-05'), span(3, '2026-11-04', '2026-11-04'), span(4, '2026-11-06', null)];
    const lanes = lanesOf(week(1), all, '2026-11-30');
    expect(lanes.map((lane) => lane.map((piece) => piece.campaign.id))).toEqual([[1, 3, 4], [2]]);
    for (const lane of lanes) for (const [n, piece] of lane.entries()) expect(piece.from).toBeGreaterThanOrEqual((lane[n - 1]?.from ?? 0) + (lane[n - 1]?.days ?? 0));
  });

  it('lasted on the days between', () => {
    expect(['2026-11-02', '2026-11-03', '2026-11-05', '2026-11-06'].map((day) => lastedOn(span(1, '2026-11-03', '2026-11-05'), day, '2026-11-20'))).toEqual([false, true, true, false]);
    expect(lastedOn(span(1, '2026-11-03', null), '2026-11-21', '2026-11-20')).toBe(false);
  });
});
