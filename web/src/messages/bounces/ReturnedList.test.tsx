import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { outcomeOf, type ReturnedMail } from './model';
import { ReturnedList } from './ReturnedList';

const mail: ReturnedMail = {
  id: 7, received_at: '2026-11-16T12:00:00Z', source: 'smtp', outcome: 'unreadable', hard: null, code: '', reason: 'Its parts are nested too deeply', run_id: null, mailing_id: null, mailing_name: null, database_id: null, profile_id: null,
  sender: 'odd@example.com', subject: 'Look', size: 900,
};
const server: Answer = (request) => {
  if (request.path === '/api/v1/messages/bounces') return { body: { items: [mail], next_cursor: null, total: 1 } };
  if (request.path === '/api/v1/messages/bounces/7') return { body: { ...mail, content: '<script>alert(1)</script>' } };
  return undefined;
};
const at = { path: '/settings/returned', at: '/settings/returned', rights: ['senders:read', 'senders:delete'] };

describe('returned mail', () => {
  it('has a word for each outcome', () => {
    expect(outcomeOf({ outcome: 'bounced', hard: true }).word).toBe('Hard bounce');
    expect(outcomeOf({ outcome: 'bounced', hard: false }).word).toBe('Soft bounce');
    expect(outcomeOf({ outcome: 'unreadable', hard: null }).word).toBe('To look at');
  });

  it('shows what came in as text, and deletes after asking', async () => {
    const page = await renderPage(<ReturnedList crumbs={[]} />, { ...at, at: '/settings/returned?drawer=mail:7', reply: (request) => (request.method === 'DELETE' ? { status: 204 } : server(request)) });
    const drawer = await screen.findByRole('dialog');
    expect(await within(drawer).findByText('<script>alert(1)</script>')).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await userEvent.click(await screen.findByRole('button', { name: 'Actions for the mail 7' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Delete…' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Delete mail' }));
    expect(await screen.findByText('Returned mail deleted')).toBeVisible();
    expect(page.sent.some((request) => request.method === 'DELETE' && request.path === '/api/v1/messages/bounces/7')).toBe(true);
  });

  it('gives providers the addresses at which they tell', async () => {
    const url = 'https://fidelia.example/api/v1/messages/bounces/providers/mailgun/k';
    await renderPage(<ReturnedList crumbs={[]} />, {
      ...at, rights: [...at.rights, 'senders:update'],
      reply: (request) => (request.path === '/api/v1/messages/bounces/providers' ? { body: { items: [{ key: 'mailgun', name: 'Mailgun', url }] } } : server(request)),
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Provider addresses' }));
    const drawer = await screen.findByRole('dialog');
    expect(await within(drawer).findByText(url)).toBeVisible();
    expect(within(drawer).getByRole('button', { name: 'Copy the address for Mailgun' })).toBeVisible();
  });
});
