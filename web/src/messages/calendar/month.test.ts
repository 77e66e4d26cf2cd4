import { describe, expect, it } from 'vitest';
import { dayByKey, monthOf, moved, textOf, weeksOf } from './month';

describe('a month', () => {
  it('is read from an address, or is this one', () => {
    const now = new Date(2026, 10, 22);
    expect(monthOf('2027-02', now)).toEqual({ year: 2027, month: 2 });
    for (const text of [undefined, '2027-13', '2027-00', 'x', '2027-2']) expect(monthOf(text, now)).toEqual({ year: 2026, month: 11 });
    expect(textOf({ year: 2026, month: 3 })).toBe('2026-03');
  });

  it('is followed by the next, over the year too', () => {
    expect(moved({ year: 2026, month: 12 }, 1)).toEqual({ year: 2027, month: 1 });
    expect(moved({ year: 2026, month: 1 }, -1)).toEqual({ year: 2025, month: 12 });
  });

  it('has whole weeks from Monday to Sunday', () => {
    const weeks = weeksOf({ year: 2026, month: 11 });
    expect([weeks[0]?.[0], weeks.at(-1)?.[6], weeks.length]).toEqual(['2026-10-26', '2026-12-06', 6]);
    expect(weeksOf({ year: 2027, month: 2 })).toHaveLength(4);
    for (let n = 0; n < 60; n += 1) {
      const month = moved({ year: 2026, month: 1 }, n);
      const days = weeksOf(month).flat();
      expect(days.length % 7).toBe(0);
      expect(new Set(days).size).toBe(days.length);
      expect(days.filter((day) => day.startsWith(textOf(month)))).toHaveLength(new Date(Date.UTC(month.year, month.month, 0)).getUTCDate());
    }
  });
});

describe('keys', () => {
  it('lead from day to day, over months and years', () => {
    const from = (day: string) => (key: string) => dayByKey(day, key);
    expect(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown', 'a'].map(from('2026-12-31'))).toEqual(
      ['2026-12-30', '2027-01-01', '2026-12-24', '2027-01-07', '2026-12-28', '2027-01-03', '2026-11-30', '2027-01-31', null]);
    expect(['Home', 'End'].map(from('2026-11-16'))).toEqual(['2026-11-16', '2026-11-22']);
    expect(['Home', 'End'].map(from('2026-11-22'))).toEqual(['2026-11-16', '2026-11-22']);
    expect(dayByKey('2028-01-31', 'PageDown')).toBe('2028-02-29');
  });
});
