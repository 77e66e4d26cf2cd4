import { describe, expect, it } from 'vitest';
import { fromLocal, hourWords, reasonWords, toLocal } from './model';

describe('reasonWords', () => {
  it('says what the server means in plain words', () => {
    expect(reasonWords('not_subscribed')).toBe('not subscribed');
    expect(reasonWords('no_address')).toBe('no address');
    expect(reasonWords('suppressed')).toBe('on a stop list');
  });
  it('reads well for a reason that it does not know', () => {
    expect(reasonWords('mail_too_large')).toBe('mail too large');
  });
});

describe('the moment of a datetime-local control', () => {
  it('comes back as it went, to the minute, whatever the zone of the browser', () => {
    for (const moment of ['2026-01-24T08:00:00.000Z', '2026-07-24T22:30:00.000Z', '2026-10-25T00:30:00.000Z']) {
      expect(fromLocal(toLocal(moment))).toBe(moment);
    }
  });
  it('shows the clock of the wall, not of UTC', () => {
    const moment = new Date(2026, 10, 24, 9, 5);
    expect(toLocal(moment.toISOString())).toBe('2026-11-24T09:05');
  });
  it('is empty without a moment', () => {
    expect(toLocal(null)).toBe('');
    expect(fromLocal('')).toBeNull();
  });
});

describe('hourWords', () => {
  it('names the hour in the zone of the report, without the year', () => {
    expect(hourWords('2026-11-24T08:00:00Z', 'Europe/Oslo')).toBe('Tue 24 Nov, 09:00');
  });
});
