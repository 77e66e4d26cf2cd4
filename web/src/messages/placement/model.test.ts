import { describe, expect, it } from 'vitest';
import type { Mailing } from '../model';
import { placementOf, placementValues, refreshWords, showsWords } from './model';

const mailing = (placement: Mailing['placement']) => ({ placement }) as unknown as Mailing;

describe('the settings of a placement', () => {
  it('come back from the form as they went in', () => {
    const stored = { slot_id: 3, ends_at: '2026-12-24T10:00:00.000Z', refresh_minutes: 15, priority: 7, max_shows: 2, until_clicked: true, closable: false };
    expect(placementOf(placementValues(mailing(stored)))).toEqual(stored);
    const empty = placementOf(placementValues(mailing(null)));
    expect(empty).toEqual({ slot_id: null, ends_at: null, refresh_minutes: 0, priority: 0, max_shows: null, until_clicked: false, closable: false });
  });
  it('are told in a sentence', () => {
    const values = placementValues(mailing({ slot_id: 3, max_shows: 3, closable: true, until_clicked: true }));
    expect(showsWords(values)).toBe('Each person sees it 3 times at most, until they click on it or close it.');
    expect(showsWords({ ...values, max_shows: 1, closable: false, until_clicked: false })).toBe('Each person sees it once.');
    expect(showsWords({ ...values, max_shows: '', closable: false, until_clicked: false })).toBe('Each person sees it each time they come.');
    expect(refreshWords('0')).toBe('Once, when it starts');
    expect(refreshWords('45')).toBe('Every 45 minutes');
  });
});
