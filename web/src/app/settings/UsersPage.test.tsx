import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { UsersPage } from './UsersPage';

const user = { id: 2, email: 'bo@example.com', name: 'Bo Lie', roles: ['viewer'], disabled_at: null, last_seen_at: null, sessions: 2, created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z' };
const roles = { items: [{ name: 'owner', title: 'Owner', description: '', rights: [], users: 1 }, { name: 'viewer', title: 'Viewer', description: '', rights: [], users: 1 }], areas: [], verbs: {} };
const every = ['users:read', 'users:create', 'users:update', 'users:delete'];

const server = (more: (request: Sent) => ReturnType<Answer> = () => undefined): Answer => (request) => {
  if (request.path === '/api/v1/roles') return { body: roles };
  if (request.method === 'GET' && request.path === '/api/v1/users') return { body: { items: [user], next_cursor: null, total: 1 } };
  return more(request);
};
const at = { path: '/settings/users', at: '/settings/users' };

describe('users', () => {
  it('shows a new password once, and nowhere after that', async () => {
    const page = await renderPage(<UsersPage />, { ...at, rights: every, reply: server((r) => (r.method === 'POST' && r.path === '/api/v1/users' ? { status: 201, body: { user, password: 'abcd-efgh' } } : undefined)) });
    await userEvent.click(await screen.findByRole('button', { name: 'Add user' }));
    const drawer = await screen.findByRole('dialog');
    await userEvent.type(within(drawer).getByLabelText('E-mail'), 'bo@example.com');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Add user' }));
    expect(await screen.findByText('abcd-efgh')).toBeVisible();
    const sent = page.sent.find((r) => r.method === 'POST');
    expect(sent?.body).toEqual({ email: 'bo@example.com', roles: ['viewer'] });
    expect(sent?.headers.get('Idempotency-Key')).toHaveLength(32);
    await userEvent.click(screen.getByRole('button', { name: 'I stored it' }));
    await waitFor(() => { expect(screen.queryByText('abcd-efgh')).toBeNull(); });
    expect(page.address()).not.toContain('abcd');
  });

  it('says at the e-mail field that somebody has the address', async () => {
    const message = 'Another user has the address bo@example.com; enter another, or open that user';
    const taken = { status: 409, body: { title: 'Conflict', status: 409, detail: message, errors: [{ pointer: '/email', message }] } };
    await renderPage(<UsersPage />, { ...at, rights: every, reply: server((r) => (r.method === 'POST' && r.path === '/api/v1/users' ? taken : undefined)) });
    await userEvent.click(await screen.findByRole('button', { name: 'Add user' }));
    const drawer = await screen.findByRole('dialog');
    await userEvent.type(within(drawer).getByLabelText('E-mail'), 'bo@example.com');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Add user' }));
    await waitFor(() => { expect(within(drawer).getByLabelText('E-mail')).toHaveAccessibleDescription(message); });
    expect(within(drawer).getByLabelText('E-mail')).toHaveValue('bo@example.com');
  });

  it('closes a sign-in at once and takes it back on Undo', async () => {
    const page = await renderPage(<UsersPage />, { ...at, rights: every, reply: server((r) => (r.method === 'POST' ? { body: user } : undefined)) });
    await userEvent.click(await screen.findByRole('button', { name: 'Actions for Bo Lie' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Close the sign-in' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => { expect(page.sent.filter((r) => r.method === 'POST').map((r) => r.path)).toEqual(['/api/v1/users/2/disable', '/api/v1/users/2/enable']); });
  });

  it('says what a new password ends before it is set', async () => {
    const page = await renderPage(<UsersPage />, { ...at, rights: every, reply: server((r) => (r.method === 'POST' ? { body: { user, password: 'new-one' } } : undefined)) });
    await userEvent.click(await screen.findByRole('button', { name: 'Actions for Bo Lie' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Set a new password…' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('2 sign-ins of Bo Lie will end');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Keep the old one' }));
    expect(page.sent.some((r) => r.method === 'POST')).toBe(false);
  });

  it('offers nothing to somebody who may only look', async () => {
    await renderPage(<UsersPage />, { ...at, rights: ['users:read'], reply: server() });
    await screen.findByText('Bo Lie');
    expect(screen.queryByRole('button', { name: 'Add user' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Actions for Bo Lie' })).toBeNull();
  });
});
