import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderPage, type Sent } from '@/test/render';
import type { Program } from '../programs/model';
import { BuyersTab, rowsOf } from './BuyersTab';
import { LevelsTab, matrixOf } from './LevelsTab';
import { LiabilityTab } from './LiabilityTab';
import { askedOf, fileOf, stepName, type Buyers, type LevelGroupReport, type Report } from './model';
import { balanceWords } from './PartnersTab';
import { beside } from './PromotionsTab';
import { filtersOf } from './search';

const program = { id: 3, database_id: 1, name: 'Club' } as unknown as Program;
const period = { first: '2026-10-01', last: '2026-11-16', by: 'month', timezone: 'Europe/Oslo', as_of: '2026-11-16T12:00:00Z' } as const;
const nobody = { orders: 0, buyers: 0, revenue: '0.00', average: null, lines: null, frequency: null, repeat: null };
const buyers: Buyers = {
  period, currency: 'EUR', currencies: ['EUR'], share_of_orders: 0.75, share_of_revenue: null, steps: [],
  members: { orders: 3, buyers: 2, revenue: '60.00', average: '20.00', lines: 1.5, frequency: 1.5, repeat: 0.5 }, others: { ...nobody, orders: 1, buyers: 1 },
};
const group: LevelGroupReport = {
  group: 1, key: 'status', name: 'Status', levels: [{ id: 7, name: 'Basic', position: 1 }, { id: 8, name: 'Gold', position: 2 }], causes: [],
  steps: [{ first: '2026-11-01', last: '2026-11-16', members: [5, 2, 0], entered: 7, up: 2, down: 0 }], moves: [{ source: null, target: 7, moves: 7 }, { source: 7, target: 8, moves: 2 }],
};

const report = (name: Report, body: unknown) => (request: Sent) => {
  if (request.path === `/api/v1/loyalty/programs/3/analytics/${name}`) return { body };
  return { body: { items: [], next_cursor: null, total: 0 } };
};

describe('an address', () => {
  it('holds the period and the filters; a report is asked for those it takes', () => {
    const filters = filtersOf({ by: 'week', level: 7, channel: 'web', tab: 'points', strange: 'x', from: '' });
    expect(filters).toEqual({ by: 'week', level: '7', channel: 'web' });
    expect(askedOf('liability', filters)).toEqual({ by: 'week', level: '7' });
    expect(fileOf(3, 'points', 'csv', filters)).toBe('/api/v1/loyalty/programs/3/analytics/csv/points?by=week&level=7&channel=web');
    expect(fileOf(3, 'codes', 'xlsx', {})).toBe('/api/v1/loyalty/programs/3/analytics/xlsx/codes');
  });

  it('names steps by what they are', () => {
    expect(stepName({ first: '2026-11-01', last: '2026-11-16' }, 'month')).toBe('Nov 2026');
    expect(stepName({ first: '2026-11-02', last: '2026-11-08' }, 'week')).toBe('Mon 2 Nov 2026');
  });
});

describe('figures', () => {
  it('of both sides stand beside each other; what is not known is no nought', () => {
    const rows = new Map(rowsOf(buyers, 'EUR').map((row) => [row.what, [row.members, row.others]]));
    expect(rows.get('Share of orders')).toEqual(['75.0 %', '25.0 %']);
    expect(rows.get('Share of revenue')).toEqual(['–', '–']);
    expect(rows.get('Average basket')).toEqual(['€20.00', '–']);
  });

  it('of moves make a square, from rows to columns', () => {
    expect(matrixOf(group)).toEqual({ names: ['Basic', 'Gold', 'On none'], values: [[null, 2, 0], [0, null, 0], [7, 0, null]], sum: 9 });
  });

  it('say who pays, and how a basket differs', () => {
    expect(balanceWords({ currency: 'EUR', partner_owes: '12.00', program_owes: '0.00', balance: '12.00' })).toBe('The partner pays €12.00');
    expect(balanceWords({ currency: 'EUR', partner_owes: '0.00', program_owes: '3.50', balance: '-3.50' })).toBe('The program pays €3.50');
    expect(balanceWords({ currency: 'EUR', partner_owes: '0.00', program_owes: '0.00', balance: '0.00' })).toBe('Nothing to settle in EUR');
    const sums = { orders: 1, buyers: 1, revenue: '9.00', discount: '0.00', lines: 1 };
    expect(beside({ used: { ...sums, average: '23.20' }, other: { ...sums, average: '20.00' } }, 'EUR')).toBe('+€3.20');
    expect(beside({ used: { ...sums, average: '23.20' }, other: { ...sums, average: null } }, 'EUR')).toBe('–');
  });
});

describe('a report', () => {
  it('asks with the period of the address and offers its file', async () => {
    const { sent } = await renderPage(<BuyersTab program={program} />, { path: '/a', at: '/a?by=week&segment=4', rights: ['loyalty:read'], reply: report('buyers', buyers) });
    expect(within(await screen.findByRole('region', { name: 'Members against others' })).getByText('€60.00')).toBeVisible();
    const asked = sent.find((one) => one.path.endsWith('/analytics/buyers'));
    expect([asked?.query.get('by'), asked?.query.get('segment')]).toEqual(['week', '4']);
    expect(screen.getByRole('link', { name: 'CSV' })).toHaveAttribute('href', '/api/v1/loyalty/programs/3/analytics/csv/buyers?by=week&segment=4');
  });

  it('shows who stands where', async () => {
    await renderPage(<LevelsTab program={program} />, { path: '/a', at: '/a', rights: ['loyalty:read'], reply: report('levels', { period, groups: [group] }) });
    const table = await screen.findByRole('region', { name: 'Members by level of Status' });
    expect(within(table).getByRole('row', { name: 'Gold 2 28.6 %' })).toBeVisible();
  });

  it('teaches where there is nothing', async () => {
    await renderPage(<LiabilityTab program={program} />, { path: '/a', at: '/a', rights: ['loyalty:read'], reply: report('liability', { period, total: [], types: [] }) });
    expect(await screen.findByRole('heading', { name: 'Nothing is owed' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Set up points' })).toHaveAttribute('href', '/loyalty/programs/3?tab=points');
  });
});
