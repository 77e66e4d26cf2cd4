import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { HookList } from './HookList';
import { HookPageBody } from './HookPage';
import { typed, valuesOf, bodyOf, check } from './values';
import type { Hook } from './model';

const hook: Hook = {
  id: 3, name: 'Warehouse', url: 'https://example.com/in', allow_http: false, active: true, paused_by: null, paused_at: null, database_id: null, types: ['order.paid'],
  filters: { resources: [], mailings: [4], templates: [], segments: [], properties: [{ name: 'total', op: 'gte', value: 10 }] }, header_names: ['X-Key'], custom_data: { shop: 7 }, batch_size: 50, max_delay: 10,
  old_secret_until: null, attempts: 0, failing_since: null, trouble: null, next_at: '2026-11-01T10:00:00Z', delivered_at: null, delivered_events: 5, dropped_events: 0, waiting: 2, oldest_at: '2026-11-01T10:00:00Z',
  created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
};
const rights = ['hooks:read', 'hooks:create', 'hooks:update', 'hooks:delete', 'hooks:run', 'databases:read', 'events:read'];
const page = (items: unknown[]) => ({ body: { items, next_cursor: null, total: items.length } });
const server = (more: (request: Sent) => ReturnType<Answer> = () => undefined): Answer => (request) => {
  if (request.path === '/api/v1/databases') return page([{ id: 1, name: 'Shop' }]);
  if (request.path === '/api/v1/event-types') return page([{ id: null, name: 'order.paid', label: 'Order paid', builtin: true }]);
  if (request.method === 'GET' && request.path === '/api/v1/hooks') return page([hook]);
  const found = more(request);
  if (found) return found;
  if (request.method === 'GET' && request.path === '/api/v1/hooks/3') return { body: hook };
  if (request.path === '/api/v1/hooks/3/deliveries') return page([]);
  return undefined;
};

describe('hooks', () => {
  it('are made, and their secret is shown once', async () => {
    const shown = await renderPage(<HookList crumbs={[]} />, { path: '/settings/hooks', at: '/settings/hooks', rights, reply: server((r) => (r.method === 'POST' ? { status: 201, body: { hook, secret: 'whsec_abc', previous_until: null } } : undefined)) });
    expect((await screen.findAllByText('Warehouse'))[0]).toBeVisible();
    await userEvent.click((await screen.findAllByRole('button', { name: 'New hook' }))[0] as HTMLElement);
    const drawer = await screen.findByRole('dialog');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Make hook' }));
    await waitFor(() => { expect(within(drawer).getByLabelText('Name')).toHaveAccessibleDescription(/Enter a name/); });
    await userEvent.type(within(drawer).getByLabelText('Name'), 'Warehouse');
    await userEvent.type(within(drawer).getByLabelText('Address'), 'example.com/in');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Make hook' }));
    expect(await screen.findByText('whsec_abc')).toBeVisible();
    expect(shown.sent.find((r) => r.method === 'POST')?.body).toMatchObject({ name: 'Warehouse', url: 'https://example.com/in', types: [], database_id: null, headers: {} });
  });

  it('keep what is stored of headers and read values as they are meant', () => {
    const values = valuesOf(hook);
    expect(bodyOf(values)).toMatchObject({ headers: { 'X-Key': null }, filters: { mailings: [4], properties: [{ name: 'total', op: 'gte', value: 10 }] }, custom_data: { shop: 7 } });
    expect(['12.50', 'true', 'Oslo', '007', '-3'].map(typed)).toEqual([12.5, true, 'Oslo', '007', -3]);
    expect(check({ ...values, url: 'http://example.com', custom_data: '[1]', batch_size: 501 })).toMatchObject({ url: expect.stringContaining('https') as string, custom_data: expect.any(String) as string, batch_size: expect.any(String) as string });
  });

  it('say how the receiver does, and go on when told to', async () => {
    const gone = { ...hook, active: false, paused_by: 'gone' };
    const shown = await renderPage(<HookPageBody crumbs={[]} />, { path: '/settings/hooks/$hookId', at: '/settings/hooks/3', rights, reply: server((r) => (r.path === '/api/v1/hooks/3' || r.path.endsWith('/resume') ? { body: gone } : undefined)) });
    expect(await screen.findByText(/wants no more \(410\)/)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Let it go on' }));
    await waitFor(() => { expect(shown.sent.some((r) => r.path === '/api/v1/hooks/3/resume')).toBe(true); });
  });
});
