import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfirmHost } from '@/kit/confirm/confirm';
import { renderPage, type Sent } from '@/test/render';
import { ArbitrationPanel } from './ArbitrationPanel';
import type { Program } from '../programs/model';
import { limitWords, pointsGiven } from './Cost';
import type { Arbitration } from './model';
import { otherWayWords } from './OtherWay';
import { PromotionPage } from './PromotionPage';
import { checkWords, type Check } from './trying';

const definition = { name: 'Ten off', reward: { kind: 'percent_off', percent: '10', scope: 'order', of: null, cap: null }, currency: 'USD', description: '', condition: null, products: null, limits: [], group_id: null, order_segment_id: null, code_pool_id: null, starts_at: null, ends_at: null, hours: null, exclusive: false, event: null };
const promotion = {
  id: 9, program_id: 3, external_id: null, kind: 'discount', state: 'active', place: 1, version: 1, draft: 2, scheduled: null, definition, sentence: '10 % off the order', phase: 'running', revision: 4, created_at: '2026-11-16T12:00:00Z', updated_at: '2026-11-16T12:00:00Z',
  usage: { uses: 12, money: '40.00', points: '0', limits: [{ what: 'money', period: 'ever', most: '100', used: '81.5' }] },
};
const program = { id: 3, database_id: 1, name: 'Club', mode: 'priority', state: 'active', timezone: 'Europe/Oslo', setup: {} };
const saved = { id: 5, program_id: 3, name: 'Two mugs', order: { lines: [{ sku: 'mug', quantity: 2 }], currency: 'USD' }, expected: {}, expected_at: '2026-11-16T12:00:00Z', author: 'Anna', revision: 1, created_at: '2026-11-16T12:00:00Z', updated_at: '2026-11-16T12:00:00Z' };
const item = (more: object) => ({ case: 5, name: 'Two mugs', state: 'changed', currency: 'USD', before: '27.00', after: '24.00', differences: [{ kind: 'money', label: 'To pay', was: '27.00', now: '24.00' }, { kind: 'text', label: 'Five off', was: 'applied', now: 'Another promotion of its group came first: Ten off' }], problem: '', ...more }) as Check['items'][number];
const sums = (orders: number, discount: string) => ({ orders, buyers: orders, revenue: '700.00', discount, average: '70.00', lines: 2 });
const report = { period: {}, currency: 'USD', currencies: ['USD'], total: sums(40, '90.00'), used: sums(12, '40.00'), other: sums(28, '0.00'), steps: [], promotions: [{ id: 9, name: 'Ten off', kind: 'discount', state: 'active', used: sums(10, '36.00'), other: sums(30, '54.00'), share: 0.25, points: [], steps: [] }] };
const step = { promotion: 9, name: 'Ten off', external_id: null, kind: 'percent_off', status: 'applied', reason: '', why: '', measure: 'total', before: '30.00', after: '27.00', lines: [], blocker: null, limited: false };
const tried = { at: '2026-11-16T12:00:00Z', mode: 'priority', currency: 'USD', step, before: { final: '30.00', discount: '0.00', accrue: { stars: '3.00' } }, after: { final: '27.00', discount: '3.00', accrue: { stars: '2.70' } }, differences: [] };

function replyWith(cases: unknown[], kind = 'discount') {
  return (request: Sent) => {
    const programs = '/api/v1/loyalty/programs/3', one = '/api/v1/loyalty/promotions/9';
    if (request.path === one) return { body: { ...promotion, kind } };
    if (request.path === `${one}/versions`) return { body: { items: [{ number: 2, state: 'draft', definition: { ...definition, name: 'Ten off, new' }, sentence: '', author: 'Anna', created_at: '2026-11-16T12:00:00Z', published_at: null, effective_at: null }] } };
    if (request.path === `${one}/check`) return { body: { at: '2026-11-16T12:00:00Z', cases: 1, checked: 1, changed: 1, failed: 0, items: [item({})] } };
    if (request.path === `${one}/publish`) return { body: { ...promotion, version: 2, draft: null } };
    if (request.path === programs) return { body: program };
    if (request.path === `${programs}/points`) return { body: { items: [{ id: 1, key: 'stars', name: 'Stars', kind: 'standard', places: 2, ratio: '0.10', ratio_currency: 'USD' }] } };
    if (request.path === `${programs}/analytics/promotions`) return { body: report };
    if (request.path === `${programs}/test-cases`) return { body: { items: cases } };
    if (request.path === `${programs}/test/draft`) return { body: tried };
    if (request.path === `${programs}/test/other-way`) return { body: { mode: 'priority', other: 'best', days: 30, orders: 100, sums: [{ currency: 'USD', orders: 100, more: 6, less: 0, by: '12.40' }], examples: [{ order: 7, external_id: 'web-7', currency: 'USD', more: '4.00' }] } };
    if (request.path === `${programs}/promotions/sentence`) return { body: { sentence: '10 % off the order' } };
    if (request.path === `${programs}/promotions/vocabulary`) return { body: { subject: 'order', categories: [], fields: [], links: [], events: [], operators: [], types: [], counts: [], measures: [], rows: {} } };
    return { body: { items: [], next_cursor: null, total: 0 } };
  };
}

/** The promotion, its program, versions and what stands beside them come one after another. */
const LOADED = { timeout: 15_000 };

afterEach(() => { sessionStorage.clear(); });

const open = (cases: unknown[] = [saved], kind = 'discount') => renderPage(<><PromotionPage /><ConfirmHost /></>, { path: '/loyalty/programs/$programId/promotions/$promotionId', at: '/loyalty/programs/3/promotions/9', rights: ['loyalty:read', 'loyalty:update'], reply: replyWith(cases, kind) });

describe('words', () => {
  it('say what is left of a limit, and which points were given', () => {
    expect(limitWords({ what: 'money', period: 'month', most: '100', used: '81.5' }, 'USD')).toMatch(/18\.50 left of .*100\.00 this month/);
    expect(limitWords({ what: 'uses', period: 'ever', most: '10', used: '12' }, 'USD')).toBe('0 left of 10 uses');
    expect(pointsGiven({ points: [{ points: 'stars', accrued: '120.5', taken_back: '20.3', money: '10.02' }] }, () => 'EUR')).toEqual(['100.2 stars, worth €10.02']);
    expect(pointsGiven({ points: [{ points: 'miles', accrued: '7', taken_back: '0', money: null }] }, () => null)).toEqual(['7 miles']);
  });

  it('say how many cases change', () => {
    expect(checkWords([item({}), item({ state: 'same' }), item({ state: 'failed' })])).toBe('1 of 3 saved cases changes.');
    expect(checkWords([item({}), item({})])).toBe('2 of 2 saved cases change.');
    expect(checkWords([item({ state: 'same' })])).toBe('The saved case stays as it is.');
    expect(checkWords([item({ state: 'same' }), item({ state: 'same' })])).toBe('None of 2 saved cases changes.');
  });

  it('say what the other way would have given', () => {
    const of = (other: 'best' | 'priority', orders: number, more: number, less: number, by: string) => otherWayWords({ other, orders, days: 30, sums: orders ? [{ currency: 'EUR', orders, more, less, by }] : [] });
    expect(of('best', 100, 6, 0, '12.40')).toBe('Of the last 100 orders, best for the customer would give more in 6 orders: €12.40 in all.');
    expect(of('priority', 40, 0, 1, '-3.00')).toBe('Of the last 40 orders, the order below would give less in 1 order: €3.00 in all.');
    expect(of('best', 3, 0, 0, '0.00')).toBe('Of the last 3 orders, best for the customer would give as much in each.');
    expect(of('best', 0, 0, 0, '0')).toBe('No orders in the last 30 days to compare.');
  });
});

describe('beside the editor', () => {
  it('stand what it cost, and what it would do to a basket', async () => {
    const { sent } = await open();
    const rail = await screen.findByRole('complementary', { name: 'Summary' }, LOADED);
    expect(await within(rail).findByText('10 of 40')).toBeVisible();
    expect(within(rail).getByText('$36.00')).toBeVisible();
    expect(within(rail).getByText('$18.50 left of $100.00')).toBeVisible();
    expect(await within(rail).findByText('Applied: −$3.00', {}, LOADED)).toBeVisible();
    expect(within(rail).getByText('$30.00 → $27.00')).toBeVisible();
    expect(within(rail).getByText('3.00 points → 2.70 points')).toBeVisible();
    expect(sent.find((one) => one.path.endsWith('/test/draft'))?.body).toMatchObject({ promotion: 9, kind: 'discount', definition: { name: 'Ten off, new' }, lines: [{ sku: 'mug' }] });
  });

  it('stands no basket of a promotion without an order', async () => {
    const { sent } = await open([saved], 'trigger');
    const rail = await screen.findByRole('complementary', { name: 'Summary' }, LOADED);
    expect(await within(rail).findByRole('heading', { name: 'Last 30 days' })).toBeVisible();
    expect(within(rail).queryByRole('heading', { name: 'On a basket' })).toBeNull();
    expect(sent.some((one) => one.path.endsWith('/test/draft'))).toBe(false);
  });
});

describe('publishing', () => {
  it('names the cases that change first', async () => {
    const { sent } = await open();
    await userEvent.click(await screen.findByRole('button', { name: 'Publish now' }, LOADED));
    const dialog = await screen.findByRole('dialog', { name: 'Publish Ten off, new?' }, LOADED);
    expect(await within(dialog).findByText('1 of 1 saved case changes.', {}, LOADED)).toBeVisible();
    expect(within(dialog).getByRole('link', { name: 'Two mugs' })).toHaveAttribute('href', '/loyalty/test?program=3&case=5');
    expect(within(dialog).getByText('$27.00 → $24.00')).toBeVisible();
    expect(within(dialog).getByText(/Five off: applied → another promotion of its group/)).toBeVisible();
    expect(sent.find((one) => one.path.endsWith('/check'))?.body).toEqual({ at: null, cases: [5] });
    expect(sent.some((one) => one.path.endsWith('/publish'))).toBe(false);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Publish' }));
    expect(sent.filter((one) => one.path.endsWith('/publish'))).toHaveLength(1);
  });

  it('asks nothing where there are no cases', async () => {
    const { sent } = await open([]);
    await screen.findByText(/Name a product/, {}, LOADED);
    await userEvent.click(await screen.findByRole('button', { name: 'Publish now' }, LOADED));
    await screen.findByText('Published: the next order goes by it');
    expect(sent.some((one) => one.path.endsWith('/check'))).toBe(false);
  });
});

it('the other way is told when somebody asks', async () => {
  const arbitration: Arbitration = { program_id: 3, mode: 'priority', base: 'discounted', accrue_on: 'committed', return_days: 0, revision: 1 };
  const { sent } = await renderPage(<ArbitrationPanel program={program as unknown as Program} arbitration={arbitration} />, { rights: ['loyalty:read'], reply: replyWith([]) });
  expect(sent.some((one) => one.path.endsWith('/other-way'))).toBe(false);
  await userEvent.click(screen.getByRole('button', { name: 'What would the other way give?' }));
  expect(await screen.findByTestId('other-way')).toHaveTextContent('Of the last 100 orders, best for the customer would give more in 6 orders: $12.40 in all.');
  expect(screen.getByRole('link', { name: 'web-7' })).toHaveAttribute('href', '/market/orders/7');
});
