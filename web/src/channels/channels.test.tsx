import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { ChannelList } from './ChannelList';
import { ChannelPageBody } from './ChannelPage';
import { blank, type Channel } from './model';

const channel: Channel = {
  id: 3, key: 'chat', name: 'Chat', icon: 'message', description: '', definition: blank, settings: {}, secrets: ['token'], missing: [], revision: 2,
  last_inbound_at: null, archived_at: null, created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
};
const rights = ['channels:read', 'channels:create', 'channels:update', 'channels:delete', 'channels:run'];
const list = (items: unknown[]) => ({ body: { items, next_cursor: null, total: items.length } });
const shown = { request: { method: 'POST', url: 'https://x.example/send', headers: [], body: '{"to": "+4712345678"}' }, error: null, verdict: null };
const server = (more: (request: Sent) => ReturnType<Answer> = () => undefined): Answer => (request) => {
  const found = more(request);
  if (found) return found;
  if (request.method === 'GET' && request.path === '/api/v1/channels') return list([channel]);
  if (request.method === 'GET' && request.path === '/api/v1/channels/3') return { body: channel };
  if (request.path === '/api/v1/channels/3/preview') return { body: shown };
  if (request.path === '/api/v1/channels/3/used-by') return { body: { items: [] } };
  if (request.path === '/api/v1/channels/presets' && request.method === 'GET') return { body: { items: [{ preset: 'bot', key: 'bot', name: 'A bot', icon: 'message', description: 'Of a preset', guide: 'Ask the maker for a token.', definition: blank }] } };
  return undefined;
};
const page = { path: '/settings/channels/$channelId', at: '/settings/channels/3', rights };

describe('channels', () => {
  it('are made from a preset, and the address for events is shown once', async () => {
    const done = await renderPage(<ChannelList crumbs={[]} />, { path: '/settings/channels', at: '/settings/channels?drawer=channel:new', rights, reply: server((r) => (r.method === 'POST' ? { status: 201, body: { channel: { ...channel, name: 'My bot' }, inbound_url: 'https://shop.example/in/abc' } } : undefined)) });
    const drawer = await screen.findByRole('dialog');
    const name = await within(drawer).findByLabelText('Name');
    await userEvent.clear(name);
    await userEvent.type(name, 'My bot');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Make channel' }));
    expect(await within(drawer).findByText('https://shop.example/in/abc')).toBeVisible();
    expect(within(drawer).getByText('Ask the maker for a token.')).toBeVisible();
    expect(done.sent.find((r) => r.method === 'POST')?.body).toEqual({ preset: 'bot', key: 'bot', name: 'My bot', settings: {} });
  });

  it('send what was changed, and no secret that nobody typed', async () => {
    const done = await renderPage(<ChannelPageBody crumbs={[]} />, { ...page, reply: server((r) => (r.method === 'PATCH' ? { body: { ...channel, name: 'Chat2', revision: 3 } } : undefined)) });
    const name = await screen.findByLabelText('Name');
    expect(screen.getByLabelText(/^Token/, { selector: 'input[type=password]' })).toHaveAttribute('placeholder', 'stored; type to replace');
    await userEvent.type(name, '2');
    await userEvent.click(screen.getByRole('button', { name: /Save channel/ }));
    await waitFor(() => { expect(done.sent.find((r) => r.method === 'PATCH')?.body).toMatchObject({ name: 'Chat2', settings: {}, revision: 2, definition: { request: { json: { to: '${contact}', text: '${content.text}' } } } }); });
  });

  it('show refusals at their field, inside rows that are closed too', async () => {
    const refusal = { status: 422, body: { title: 'Invalid', status: 422, errors: [{ pointer: '/definition/answer/rules/0/reason', message: 'Too long' }, { pointer: '/definition/request/json/to', message: '${contakt} is unknown' }] } };
    await renderPage(<ChannelPageBody crumbs={[]} />, { ...page, reply: server((r) => (r.method === 'PATCH' ? refusal : undefined)) });
    await userEvent.type(await screen.findByLabelText('Name'), '!');
    await userEvent.click(screen.getByRole('button', { name: /Save channel/ }));
    expect(await screen.findByRole('textbox', { name: 'Reason' })).toHaveAccessibleDescription(/Too long/);
    expect(screen.getAllByText(/contakt\} is unknown/).length).toBeGreaterThan(1);
  });

  it('say what one tried message came to', async () => {
    const verdict = { outcome: 'failed', rule: 1, reason: 'Number unknown', message_id: null, retry_after: null, unsubscribes: true };
    await renderPage(<ChannelPageBody crumbs={[]} />, { ...page, at: '/settings/channels/3?drawer=try:now', reply: server((r) => (r.path.endsWith('/try') ? { body: { request: shown.request, answer: { status: 404, headers: [], body: '{}', duration_ms: 12 }, error: null, verdict } } : undefined)) });
    const drawer = await screen.findByRole('dialog');
    await userEvent.click(await within(drawer).findByRole('button', { name: 'Send one message' }));
    expect(within(drawer).getByText(/Enter whom it goes to/)).toBeVisible();
    await userEvent.type(within(drawer).getByLabelText('Phone number'), '+47');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Send one message' }));
    const meant = await within(drawer).findByRole('region', { name: 'Verdict' });
    expect(meant).toHaveTextContent('rule 2');
    expect(meant).toHaveTextContent('Number unknown');
    expect(meant).toHaveTextContent('Their subscription on this channel would end');
  });
});
