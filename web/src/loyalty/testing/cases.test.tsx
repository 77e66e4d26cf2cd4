import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it } from 'vitest';
import { renderPage, type Sent } from '@/test/render';
import type { Program } from '../programs/model';
import { differenceWords, tally } from './cases';
import type { Case, CaseRun } from './model';
import { TestTab } from './TestTab';

const program = { id: 3, database_id: 1, name: 'Club', mode: 'priority', setup: {} } as unknown as Program;
const order = { lines: [{ sku: 'mug', quantity: '2' }], currency: 'EUR', participant: { member: true, segments: [7], fields: { city: 'Oslo' }, points: {}, levels: {}, orders: 0 }, versions: {} };
const saved: Case = {
  id: 5, program_id: 3, name: 'Two mugs', order, author: 'Anna', revision: 2, expected_at: '2026-11-16T12:00:00Z', created_at: '2026-11-16T12:00:00Z', updated_at: '2026-11-16T12:00:00Z',
  expected: { currency: 'EUR', final: '27.00', total: '30.00', delivery: '0.00', lines: [], accrue: {}, redeem: {}, applied: [], gifts: {}, codes: {}, levels: [] },
};
const changed: CaseRun = { case: 5, state: 'changed', final: '24.00', currency: 'EUR', problem: '', differences: [{ kind: 'money', label: 'To pay', was: '27.00', now: '24.00' }, { kind: 'text', label: 'Ten off', was: 'applied', now: 'It is paused' }] };
const tested = {
  at: '2026-11-16T12:00:00Z', mode: 'priority', took_ms: 0.4, other: { mode: 'best', final: '24.00', accrue: {}, applied: [9], differs: true, more: '3.00', points: {} },
  result: {
    program: 3, profile: null, member: true, joins: false, currency: 'EUR', lines: [], total: '30.00', discount: '3.00', redeemed: '0.00', delivery: '0.00', final: '27.00', points: { redeem: {}, redeem_money: {}, accrue: {}, max_redeem: {} }, promo_codes: [], gifts: [], gives_codes: [], levels: [], search: null,
    trace: [{ promotion: 9, name: 'Ten off', external_id: null, kind: 'percent_off', status: 'applied', reason: '', why: '', measure: 'total', before: '30.00', after: '27.00', lines: [], blocker: null, limited: false }],
  },
};

function reply(request: Sent) {
  const base = '/api/v1/loyalty/programs/3';
  if (request.path === `${base}/test-cases` && request.method === 'GET') return { body: { items: [saved] } };
  if (request.path === `${base}/test-cases/run`) return { body: { items: [changed] } };
  if (request.path === `${base}/test-cases/5` && request.method === 'DELETE') return { status: 204, body: null };
  if (request.path === `${base}/test/facts`) return { body: { fields: [{ name: 'city', label: 'City', type: 'string', options: [] }], segments: [{ id: 7, name: 'Dear ones' }], number: false } };
  if (request.path === `${base}/test/why`) return { body: { promotion: 9, name: 'Ten off', condition: null, holds: true, rules: [], products: null, lines: [] } };
  if (request.path === `${base}/test`) return { body: tested };
  return { body: { items: [], next_cursor: null, total: 0 } };
}

/** Points, cases and their runs come one after another. */
const LOADED = { timeout: 15_000 };

afterEach(() => { sessionStorage.clear(); });

const open = (rights: string[], at = '/test') => renderPage(<TestTab program={program} />, { path: '/test', at, rights, reply });

describe('saved cases', () => {
  it('say how many give the same, and what changed', () => {
    expect(tally(3, undefined)).toBe('3 saved cases');
    expect(tally(1, new Map([[5, changed]]))).toBe('1 saved case: 1 changed');
    expect(changed.differences.map((one) => differenceWords(one, 'EUR'))).toEqual(['To pay: €27.00 → €24.00', 'Ten off: applied → it is paused']);
  });

  it('are listed with their changes, and fill the form', async () => {
    await open(['loyalty:read']);
    expect(await screen.findByText('To pay: €27.00 → €24.00', {}, LOADED)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Load Two mugs' }));
    expect(screen.getByLabelText('Product or SKU', { selector: 'input' })).toHaveValue('mug');
    expect(await screen.findByLabelText('City')).toHaveValue('Oslo');
    expect(screen.getByText('Dear ones', { selector: '*:not([role=option] *)' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Save as case…' })).toBeNull();
  });

  it('come from the address, and are deleted after a question', async () => {
    const { sent } = await open(['loyalty:read', 'loyalty:create', 'loyalty:delete'], '/test?case=5');
    expect(await screen.findByTestId('to-pay', {}, LOADED)).toHaveTextContent('€27.00');
    expect(screen.getByRole('button', { name: 'Save as case…' })).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Actions for Two mugs' }));
    expect(screen.queryByRole('menuitem', { name: 'Rename…' })).toBeNull();
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Delete…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete the case Two mugs?' });
    expect(sent.some((one) => one.method === 'DELETE')).toBe(false);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Delete case' }));
    await screen.findByText('Two mugs deleted');
    expect(sent.filter((one) => one.method === 'DELETE')).toHaveLength(1);
  });
});

describe('a tried basket', () => {
  it('begins in the currency of the program, and tells what the other way gives', async () => {
    const kinds = { items: [{ id: 1, key: 'stars', name: 'Stars', kind: 'standard', ratio: '0.10', ratio_currency: 'USD' }] };
    const { sent } = await renderPage(<TestTab program={program} />, { path: '/test', at: '/test', rights: ['loyalty:read'], reply: (request) => (request.path.endsWith('/points') ? { body: kinds } : reply(request)) });
    expect(await screen.findByLabelText('Currency', {}, LOADED)).toHaveValue('USD');
    await userEvent.type(screen.getByLabelText('Product or SKU', { selector: 'input' }), 'mug');
    expect(await screen.findByTestId('other-mode')).toHaveTextContent('Best for the customer would give €3.00 more: €24.00 to pay, with Ten off.');
    expect(sent.find((one) => one.path.endsWith('/test'))?.body).toMatchObject({ currency: 'USD' });
  });

  it('tells the rules of a step, and stands beside what was pinned', async () => {
    await open(['loyalty:read'], '/test?case=5');
    await screen.findByTestId('to-pay', {}, LOADED);
    await userEvent.click(screen.getByRole('button', { name: 'Rules of Ten off' }));
    expect(await screen.findByText('It has no rules: every order fits.')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Pin as A' }));
    const both = await screen.findByRole('region', { name: 'A against B' });
    expect(within(both).getByText(/The same comes of both/)).toBeVisible();
    await userEvent.click(within(both).getByRole('button', { name: 'Unpin A' }));
    expect(screen.queryByRole('region', { name: 'A against B' })).toBeNull();
  });
});
