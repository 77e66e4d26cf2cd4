import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { boundWords, otherOrders, prefixOf, rangeWords, type Score, type ScoreRun } from './model';
import { ScoreListPage } from './ScoreListPage';
import { ScorePage } from './ScorePage';

const field = (name: string, type: string) => ({ id: 5, name, type, label: '', options: [], validator: null, path_validators: {}, unique: false, required: false, description: '', builtin: false, read_only: false, keeper: null });
const database = { id: 1, name: 'shop', timezone: 'Europe/Oslo', description: '', profile_count: 600, created_at: null, updated_at: null, fields: [field('points', 'integer'), field('city', 'string')] };
const run: ScoreRun = {
  id: 9, score_id: 3, state: 'done', source: 'schedule', actor: 'Schedule', job_id: 'j', queued_at: '2026-11-16T02:00:00Z', finished_at: '2026-11-16T02:00:01Z', as_of: '2026-11-16T02:00:00Z', took_ms: 900,
  people: 10, without: 590, changed: 10, currency: 'EUR', other_orders: 2, error: null,
  parts: [{ key: 'recency', groups: [{ group: 1, people: 6, low: '40', high: '300' }, { group: 5, people: 4, low: '0', high: '9' }] }, { key: 'frequency', groups: [{ group: 1, people: 10, low: '1', high: '1' }] }, { key: 'monetary', groups: [{ group: 1, people: 10, low: '10.5', high: '99.9' }] }],
};
const score: Score = {
  id: 3, database_id: 1, name: 'RFM', kind: 'rfm', prefix: 'rfm', groups: 5, days: 365, currency: null, figure: null, schedule: { at: '03:00', weekdays: [] }, next_run_at: '2026-11-17T02:00:00Z', version: 1, created_at: '2026-10-01T00:00:00Z', updated_at: '2026-10-01T00:00:00Z',
  fields: [{ name: 'rfm_rank', type: 'integer', label: 'RFM: rank', description: '1 to 100' }], sentence: 'Recency, frequency and monetary value of orders in the last 365 days', open_run: null, last_run: run, last_done: run, used_by: ['segment Best'],
};

const answers = (scores: Score[]): Answer => ({ method, path }) => {
  if (path === '/api/v1/databases/1') return { body: database };
  if (path === '/api/v1/databases/1/scores') return method === 'POST' ? { status: 201, body: score } : { body: { items: scores } };
  if (path === '/api/v1/databases/1/scores/3/compute') return { status: 202, body: { job: { id: 'k', kind: 'scores.compute', title: 'Compute', state: 'queued' } } };
  if (path === '/api/v1/databases/1/scores/3/runs') return { body: { items: [{ ...run, id: 8, state: 'failed', error: 'It broke' }, run], next_cursor: null, total: 2 } };
  if (path === '/api/v1/databases/1/scores/3') return method === 'DELETE' ? { status: 204 } : { body: scores[0] ?? score };
  return undefined;
};
const rights = ['databases:read', 'databases:update'];
const list = { at: '/databases/1/scores', path: '/databases/$databaseId/scores', rights };
const one = { at: '/databases/1/scores/3', path: '/databases/$databaseId/scores/$scoreId', rights };

describe('scores', () => {
  it('are made: RFM first, with what its fields will be called', async () => {
    const { sent } = await renderPage(<ScoreListPage />, { ...list, reply: answers([]) });
    await userEvent.click(await screen.findByRole('button', { name: /Make a score/ }));
    expect(await screen.findByText(/It fills rfm_recency, rfm_frequency, rfm_monetary, rfm, rfm_rank/)).toBeInTheDocument();
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: /Make score/ }));
    await waitFor(() => { expect(sent.find((s) => s.method === 'POST')?.body).toEqual({ name: 'RFM', kind: 'rfm', prefix: 'rfm', groups: 5, days: 365, currency: null, figure: null, schedule: { at: '03:00', weekdays: [] } }); });
  });
  it('are listed with when they were computed', async () => {
    await renderPage(<ScoreListPage />, { ...list, reply: answers([score]) });
    expect(await screen.findByRole('link', { name: 'RFM' })).toHaveAttribute('href', '/databases/1/scores/3');
  });
  it('show groups with their bounds, empty ones too', async () => {
    await renderPage(<ScorePage />, { ...one, reply: answers([score]) });
    const table = await screen.findByRole('region', { name: 'Groups by recency' });
    expect(within(table).getByText('0 to 9 days')).toBeInTheDocument();
    expect(within(table).getAllByText('nobody')).toHaveLength(3);
    expect(within(table).getByRole('columnheader', { name: 'People' })).toBeInTheDocument();
    expect(within(table).getByTitle('60.0 % (6 of 10)')).toHaveTextContent('60.0 %');
    expect(screen.getByText(/2 orders are in other currencies than EUR/)).toBeInTheDocument();
    expect(screen.getByText(/have nothing to be judged by/)).toBeInTheDocument();
  });
  it('are computed when asked, and tell why a run failed', async () => {
    const { sent } = await renderPage(<ScorePage />, { ...one, at: '/databases/1/scores/3?tab=runs', reply: answers([{ ...score, last_run: { ...run, state: 'failed', error: 'It broke' } }]) });
    expect(await screen.findByText('It broke')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Compute now' }));
    await waitFor(() => { expect(sent.some((s) => s.method === 'POST' && s.path.endsWith('/scores/3/compute'))).toBe(true); });
  });
  it('cannot be changed by who may only look', async () => {
    await renderPage(<ScorePage />, { ...one, rights: ['databases:read'], reply: answers([score]) });
    expect(await screen.findByRole('tab', { name: 'Groups' })).toBeInTheDocument();
    expect(screen.queryByRole('tab', { name: 'Settings' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Compute now' })).toBeNull();
  });
});

describe('words', () => {
  it('of bounds follow the figure', () => {
    expect(boundWords(score, 'monetary', '10.5')).toBe('€10.50');
    expect(rangeWords(score, 'recency', { low: '1', high: '1' })).toBe('1 day');
    expect(rangeWords(score, 'frequency', { low: '2', high: '2' })).toBe('2 orders');
    expect(rangeWords({ ...score, kind: 'quantile', figure: { of: 'field', field: 'points' } }, 'value', { low: '-1.5', high: '7' })).toBe('-1.5 to 7'.replace('-', boundWords(score, 'value', '-1').charAt(0)));
    expect(otherOrders({ ...run, other_orders: 0 })).toBeNull();
    expect(prefixOf('Größe 2 – best!')).toBe('gro_e_2_best');
  });
});
