import { describe, expect, it } from 'vitest';
import { momentOf, wallOf } from './zoned';

describe('times by the clock of a zone', () => {
  it.each([
    ['2026-11-24T09:00', 'UTC', '2026-11-24T09:00:00Z'],
    ['2026-11-24T09:00', 'Europe/Oslo', '2026-11-24T08:00:00Z'],
    ['2026-07-01T00:30', 'Europe/Oslo', '2026-06-30T22:30:00Z'],
    ['2026-01-01T00:00', 'Asia/Kolkata', '2025-12-31T18:30:00Z'],
    ['2026-01-01T00:00', 'Pacific/Auckland', '2025-12-31T11:00:00Z'],
  ])('%s in %s is %s, and back', (wall, zone, iso) => {
    expect(momentOf(wall, zone)).toBe(iso);
    expect(wallOf(iso, zone)).toBe(wall);
  });

  it('takes the first of two in the hour that comes twice, and goes on from the hour that is skipped', () => {
    expect(momentOf('2026-10-25T02:30', 'Europe/Oslo')).toBe('2026-10-25T00:30:00Z');
    expect(momentOf('2026-03-29T02:30', 'Europe/Oslo')).toBe('2026-03-29T01:30:00Z');
  });

  it('knows none', () => {
    expect(momentOf('', 'Europe/Oslo')).toBeNull();
    expect(wallOf(null, 'Europe/Oslo')).toBe('');
  });
});
