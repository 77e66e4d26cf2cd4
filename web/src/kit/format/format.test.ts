import { beforeEach, describe, expect, it, vi } from 'vitest';
import { formatAmount, formatBytes, formatChange, formatCount, formatMoney, formatNumber, formatPoints, formatRate, formatShare } from './number';
import { formatDay, formatDuration, formatStamp, relativeTime } from './time';

beforeEach(() => { vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['en-GB']); });

describe('numbers', () => {
  it('keeps every digit of a decimal string', () => {
    expect(formatNumber('12345678901234567.1234')).toBe('12,345,678,901,234,567.1234');
    expect(formatMoney({ amount: '90071992547409931.01', currency: 'EUR' })).toBe('€90,071,992,547,409,931.01');
  });
  it('uses the decimals of the currency', () => {
    expect(formatMoney({ amount: '1200', currency: 'JPY' })).toBe('JP¥1,200');
    expect(formatAmount('12.5', 'EUR')).toBe('€12.50');
  });
  it('says nothing where nothing is known, never 0', () => {
    expect(formatNumber(null)).toBe('–');
    expect(formatMoney(undefined)).toBe('–');
    expect(formatShare(3, 0)).toBe('–');
    expect(formatNumber(0)).toBe('0');
  });
  it('shows a rate with its fraction, and a change with its sign', () => {
    expect(formatRate(1119, 12160)).toBe('9.2 % (1,119 of 12,160)');
    expect(formatChange(34)).toBe('+34');
    expect(formatChange(-4)).toBe('−4');
  });
  it('names points and counts', () => {
    expect(formatPoints('240.5', 'standard')).toBe('240.50 standard points');
    expect([formatPoints('68', 'Miles', 0), formatPoints('68', 'Stars', 2), formatPoints('2.5', 'Stars', 1)]).toEqual(['68 Miles points', '68.00 Stars points', '2.5 Stars points']);
    expect([formatPoints('-7.00'), formatPoints('0.125'), formatPoints('100'), formatPoints(null)]).toEqual(['−7.00 points', '0.125 points', '100.00 points', '–']);
    expect(formatCount(1, 'person', 'people')).toBe('1 person');
    expect(formatCount(1120, 'person', 'people')).toBe('1,120 people');
    expect(formatBytes(2_400_000)).toBe('2.4 MB');
  });
});

describe('time', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  it('is relative below seven days', () => {
    expect(relativeTime('2026-11-21T09:00:00Z', now)).toBe('3 hr ago');
    expect(relativeTime('2026-11-21T11:59:58Z', now)).toBe('just now');
    expect(relativeTime('2026-11-01T09:00:00Z', now)).toBeNull();
  });
  it('prints day, clock and zone', () => {
    expect(formatStamp('2026-11-24T08:00:00Z', { zone: 'Europe/Oslo', showZone: true })).toContain('Tue 24 Nov 2026, 09:00 Europe/Oslo');
    expect(formatDay('2026-03-01')).toBe('Sun 1 Mar 2026');
  });
  it('writes durations', () => {
    expect([400, 3200, 192_000, 7_440_000].map((ms) => formatDuration(ms))).toEqual(['400 ms', '3.2 s', '3 min 12 s', '2 h 4 min']);
  });
});
