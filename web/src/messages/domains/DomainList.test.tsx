import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { DomainList } from './DomainList';
import { keyState, type DkimKey } from './words';

const key: DkimKey = {
  id: 4, domain: 'news.example.org', selector: 'fidelia', algorithm: 'rsa-sha256', record_name: 'fidelia._domainkey.news.example.org', record: 'v=DKIM1; k=rsa; p=AAAA', active: false, checks: [], checked_at: null,
  created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
};
const seen = (state: 'ok' | 'missing'): DkimKey => ({ ...key, checked_at: '2026-11-02T10:00:00Z', checks: [{ what: 'dkim', name: key.record_name, state, text: state === 'ok' ? 'The key is published' : 'Publish a TXT record here' }] });
const at = { path: '/settings/domains', at: '/settings/domains', rights: ['senders:read', 'senders:create', 'senders:update', 'senders:delete'] };
const server = (found: DkimKey, more: (request: Sent) => ReturnType<Answer> = () => undefined): Answer => (request) => {
  if (request.method === 'GET' && request.path === '/api/v1/senders/domains') return { body: { items: [found], next_cursor: null, total: 1 } };
  if (request.method === 'GET' && request.path === '/api/v1/senders/domains/4') return { body: found };
  return more(request);
};

describe('sending domains', () => {
  it('say what is still to be done', () => {
    expect(keyState(key).word).toBe('Not checked');
    expect(keyState(seen('missing')).word).toBe('Missing');
    expect(keyState(seen('ok')).word).toBe('Ready');
    expect(keyState({ ...seen('ok'), active: true }).word).toBe('Signs');
    expect(keyState({ ...seen('missing'), active: true }).word).toBe('Signs, not published');
  });

  it('show the record of a key that was just made', async () => {
    const page = await renderPage(<DomainList crumbs={[]} />, { ...at, reply: server(key, (r) => (r.method === 'POST' ? { status: 201, body: key } : undefined)) });
    await userEvent.click((await screen.findAllByRole('button', { name: 'New key' }))[0] as HTMLElement);
    const drawer = await screen.findByRole('dialog');
    await userEvent.type(within(drawer).getByLabelText('Domain'), 'news.example.org');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Make key' }));
    expect(await screen.findByText('v=DKIM1; k=rsa; p=AAAA')).toBeVisible();
    expect(page.sent.find((r) => r.method === 'POST')?.body).toEqual({ domain: 'news.example.org', selector: 'fidelia', algorithm: 'rsa-sha256', private_key: null });
  });

  it('warn before a key signs that nobody can find', async () => {
    const page = await renderPage(<DomainList crumbs={[]} />, { ...at, at: '/settings/domains?drawer=key:4', reply: server(seen('missing'), (r) => (r.method === 'PATCH' ? { body: key } : undefined)) });
    const drawer = await screen.findByRole('dialog');
    expect(await within(drawer).findByText('Publish a TXT record here')).toBeVisible();
    expect(within(drawer).getByText(/look worse than unsigned ones/)).toBeVisible();
    await userEvent.click(within(drawer).getByRole('button', { name: 'Sign with this key' }));
    await waitFor(() => { expect(page.sent.find((r) => r.method === 'PATCH')?.body).toEqual({ active: true }); });
  });
});
