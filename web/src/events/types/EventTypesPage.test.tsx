import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { EventTypesPage } from './EventTypesPage';

const common = { database_id: 1, description: '', archived_at: null, count: 12, count_7d: 3, count_30d: 7, last_seen_at: '2026-11-01T10:00:00Z' };
const own = { ...common, id: 5, name: 'custom.quiz', label: 'Quiz done', group: 'custom', builtin: false, declared: true, properties: [{ name: 'score', type: 'integer', label: 'Score', declared: true }, { name: 'shop', type: 'string', label: 'Shop', declared: false }] };
const opened = { ...common, id: null, name: 'message.opened', label: 'Message opened', group: 'messages', builtin: true, declared: true, properties: [] };
const rights = ['events:read', 'events:create', 'events:update', 'events:delete', 'databases:read'];
const server = (more: (request: Sent) => ReturnType<Answer> = () => undefined): Answer => (request) => {
  if (request.path === '/api/v1/databases' || request.path === '/api/v1/databases/1') return { body: request.path.endsWith('/1') ? { id: 1, name: 'Shop' } : { items: [{ id: 1, name: 'Shop' }], next_cursor: null, total: 1 } };
  if (request.method === 'GET' && request.path === '/api/v1/event-types') return { body: { items: [opened, own], next_cursor: null, total: 2 } };
  if (request.path === '/api/v1/event-types/usage') return { body: { used_by: ['segment Players', 'hook Warehouse'] } };
  return more(request);
};
const at = (drawer = '') => ({ path: '/databases/$databaseId/event-types', at: `/databases/1/event-types${drawer}`, rights });

describe('event types', () => {
  it('say what they mean and how often they happened', async () => {
    await renderPage(<EventTypesPage />, { ...at(), reply: server() });
    expect((await screen.findAllByText('Quiz done'))[0]).toBeVisible();
    expect(screen.getAllByText('Built in')[0]).toBeVisible();
    expect(screen.getAllByText('3')[0]).toBeVisible();
  });

  it('are deleted only after naming who uses them', async () => {
    const shown = await renderPage(<EventTypesPage />, { ...at('?drawer=type:custom.quiz'), reply: server((r) => (r.method === 'DELETE' ? { status: 204 } : undefined)) });
    expect(await screen.findByText('segment Players')).toBeVisible();
    await userEvent.click(await screen.findByRole('button', { name: 'Delete…' }));
    expect(await screen.findByText('These hear nothing of it any more:')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Delete event type' }));
    await waitFor(() => { expect(shown.sent.find((r) => r.method === 'DELETE')?.query.get('confirm')).toBe('true'); });
  });

  it('are changed with what was seen as a proposal', async () => {
    const shown = await renderPage(<EventTypesPage />, { ...at('?drawer=type:edit-custom.quiz'), reply: server((r) => (r.method === 'PATCH' ? { body: own } : undefined)) });
    const drawer = await screen.findByRole('dialog');
    await userEvent.click(await within(drawer).findByRole('button', { name: 'shop' }));
    await userEvent.click(within(drawer).getByRole('button', { name: 'Save type' }));
    await waitFor(() => { expect(shown.sent.find((r) => r.method === 'PATCH')?.body).toMatchObject({ properties: [{ name: 'score', type: 'integer' }, { name: 'shop', type: 'string' }] }); });
  });
});
