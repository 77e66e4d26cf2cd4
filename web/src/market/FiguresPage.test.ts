import { describe, expect, it } from 'vitest';
import { byChannel, stepsOf } from './FiguresPage';
import { defaultOf } from './settings/Fields';

const row = (start: string, channel: string, orders: number, revenue: string) => ({ start, channel, currency: 'EUR', orders, revenue, refunded: '0.00', average: '0.00' });

describe('steps of a period', () => {
  it('has every day, also those without an order', () => { expect(stepsOf('2026-11-01', '2026-11-03', 'day')).toEqual(['2026-11-01', '2026-11-02', '2026-11-03']); });
  it('begins weeks on Mondays and months on the first', () => {
    expect(stepsOf('2026-11-04', '2026-11-17', 'week')).toEqual(['2026-11-02', '2026-11-09', '2026-11-16']);
    expect(stepsOf('2026-10-31', '2026-12-01', 'month')).toEqual(['2026-10-01', '2026-11-01', '2026-12-01']);
  });
});

it('the smallest of many channels are one line together', () => {
  const rows = Array.from({ length: 9 }, (_, n) => row('2026-11-01', `c${n}`, 20 - n, '1.00'));
  const lines = byChannel(rows, ['2026-11-01', '2026-11-02'], (of) => of.reduce((all, r) => all + r.orders, 0));
  expect(lines.map((l) => l.name)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'Other channels']);
  expect(lines.at(-1)?.values).toEqual([15 + 14 + 13 + 12, 0]);
});

it('a default is stored as its type wants it', () => {
  expect([defaultOf('int', ' 5 '), defaultOf('float', '1,5'), defaultOf('bool', 'Yes'), defaultOf('list', 'a, b'), defaultOf('string', ''), defaultOf('date', '2026-01-02')]).toEqual([5, 1.5, true, ['a', 'b'], null, '2026-01-02']);
});
