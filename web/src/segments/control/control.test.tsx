import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { ControlBadge } from './ControlBadge';
import { ControlGroupPage } from './ControlGroupPage';
import type { ControlGroup, ControlMetric, ControlReport } from './model';

const database = { id: 1, name: 'shop', timezone: 'Europe/Oslo', description: '', profile_count: 600, created_at: null, updated_at: null, fields: [{ id: 5, name: 'age', type: 'integer', label: '', options: [], validator: null, unique: false, required: false, description: '', builtin: false, read_only: false }] };
const part = { key: '', label: 'Everybody', people: 600, expected: 60, control: 60, added: 0 };
const group: ControlGroup = {
  id: 3, database_id: 1, active: true, percent: 10, cap: null, strata: [], exceptions: [], schedule: null, next_refresh_at: null, started_at: '2026-10-01T00:00:00Z', switched_off_at: null, active_since: '2026-10-01T00:00:00Z',
  size: 60, people: 600, waiting: 4, parts: [part], warnings: [], open_run: null, last_run: null, version: 1, created_at: '2026-10-01T00:00:00Z', updated_at: '2026-10-01T00:00:00Z',
};
const side = (people: number, buyers: number) => ({ people, buyers, orders: buyers, revenue: '10.00' });
const metric: ControlMetric = { key: 'conversion', label: 'People who bought', unit: 'share', control: 0.064, rest: 0.092, difference: 0.028, low: 0.011, high: 0.042, relative: 0.44, relative_low: 0.2, relative_high: 0.7, extra: 15, extra_low: 6, extra_high: 23, detectable: 0.02, needed: null, verdict: 'higher', sentence: '' };
const few: ControlMetric = { ...metric, key: 'orders', label: 'Purchases a person', unit: 'number', low: null, high: null, verdict: 'too_few' };
const report: ControlReport = {
  database_id: 1, group_id: 3, since: '2026-10-01T00:00:00Z', until: '2026-11-16T00:00:00Z', as_of: '2026-11-16T00:00:00Z', timezone: 'Europe/Oslo', currency: null, currencies: [], control: side(60, 4), rest: side(540, 50), later: 4, unmatched: 0,
  verdict: 'higher', headline: 'Messages work: 9.2 % of those who may be written to bought.', metrics: [metric, few], strata: [], days: [], warnings: [{ kind: 'short', message: 'The period is short', stratum: null }],
};

const answers = (found: ControlGroup | null): Answer => ({ method, path }) => {
  if (path === '/api/v1/databases/1') return { body: database };
  if (path.endsWith('/control-group/plan')) return { body: { people: 600, size: 30, target: 30, parts: [part], warnings: [], detectable: 0.08 } };
  if (path.endsWith('/control-group/report')) return { body: report };
  if (path.endsWith('/profiles/17/control-group')) return { body: { database_id: 1, profile_id: 17, active: true, side: 'control', stratum: 'Everybody', since: null } };
  if (path === '/api/v1/mailings') return { body: { items: [{ id: 7, name: 'Receipts' }], next_cursor: null, total: 1 } };
  if (path.endsWith('/control-group')) return method === 'POST' ? { status: 201, body: group } : found ? { body: found } : undefined;
  return undefined;
};
const rights = ['databases:read', 'databases:update', 'analytics:read', 'profiles:read', 'mailings:read'];
const at = { at: '/databases/1/control-group', path: '/databases/$databaseId/control-group', rights };

describe('the control group', () => {
  it('is made with a share, and says before how many people that is', async () => {
    const { sent } = await renderPage(<ControlGroupPage />, { ...at, reply: answers(null) });
    await userEvent.click(await screen.findByRole('button', { name: 'Keep back 5 %' }));
    expect(await screen.findByText('30 people')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Draw control group' }));
    await waitFor(() => { expect(sent.find((s) => s.method === 'POST' && s.path.endsWith('/control-group'))?.body).toMatchObject({ percent: 5, cap: null, strata: [], exceptions: [], schedule: { at: '03:00' } }); });
  });
  it('tells its verdict first, and no point where a range would mislead', async () => {
    await renderPage(<ControlGroupPage />, { ...at, reply: answers(group) });
    expect(await screen.findByRole('heading', { name: 'Messages work' })).toBeInTheDocument();
    expect(screen.getByText(/about 15 extra buyers/)).toBeInTheDocument();
    expect(screen.getByText('The period is short.')).toBeInTheDocument();
    const row = within(screen.getAllByRole('row').find((r) => r.textContent.includes('Purchases a person')) ?? document.body);
    expect(row.getByText('needs more buyers')).toBeInTheDocument();
    expect(row.queryByText(/\+0.03/)).toBeNull();
  });
  it('is on the card of its people', async () => {
    await renderPage(<ControlBadge databaseId={1} profileId={17} />, { reply: answers(group) });
    expect(await screen.findByText('control group: no messages')).toBeInTheDocument();
  });
});
