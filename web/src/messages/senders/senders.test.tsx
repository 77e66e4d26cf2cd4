import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { ruleWords, serverState, type MailServer, type VirtualSender } from './model';
import { NewSender } from './SenderPage';
import { ServerList } from './ServerList';
import { bodyOf as serverBody, check as serverCheck, valuesOf as serverValues } from './serverValues';
import { bodyOf, check, evenly, valuesOf } from './values';

const server: MailServer = {
  id: 3, name: 'MX one', builtin: false, host: 'mx.example.org', port: 587, tls: 'starttls', username: 'u', has_password: true, connections: 5, rate: 50, domain_rates: [{ domains: ['gmail.com'], rate: 20 }], active: true,
  tested_at: null, test_error: null, used_by: [], archived_at: null, created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
};
const own: MailServer = { ...server, id: 0, name: 'Built-in mailbox', builtin: true, host: '', username: '', has_password: false, domain_rates: [] };
const sender: VirtualSender = {
  id: 4, name: 'News', description: '', is_default: true, mailing_count: 0, archived_at: null, created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
  rules: [
    { type: 'to_domain', values: ['Gmail.com', 'googlemail.com'], senders: [{ sender_id: 3, percent: 30, from_email: 'g@example.org', from_name: ' B, "x" ', reply_to: '' }, { sender_id: 0, percent: 70, from_email: '', from_name: '', reply_to: '' }] },
    { type: 'default', values: [], senders: [{ sender_id: 3, percent: 100, from_email: '', from_name: '', reply_to: '' }] },
  ],
};
const every = ['senders:read', 'senders:create', 'senders:update', 'senders:delete'];
const answers = (more: (request: Sent) => ReturnType<Answer> = () => undefined): Answer => (request) => {
  if (request.method === 'GET' && request.path === '/api/v1/senders/servers') return { body: { items: [own, server], next_cursor: null, total: 2 } };
  if (request.method === 'GET' && request.path === '/api/v1/senders/servers/3') return { body: server };
  return more(request);
};

describe('virtual senders', () => {
  it('come back from the form as they went in', () => {
    expect(bodyOf(valuesOf(sender)).rules).toEqual(sender.rules);
    expect(check(valuesOf(sender))).toEqual({ name: null });
  });

  it('are said in words', () => {
    const names = new Map([[0, 'Built-in mailbox'], [3, 'MX one']]);
    expect(sender.rules.map((rule) => ruleWords(rule, names))).toEqual(['to Gmail.com and 1 more: 30 % MX one from g@example.org, 70 % Built-in mailbox', 'the rest: MX one']);
  });

  it('share evenly to 100', () => {
    for (let many = 1; many <= 50; many += 1) expect(evenly(many).reduce((a, b) => a + b, 0)).toBe(100);
  });

  it('say what is missing at its place', () => {
    const [rule] = valuesOf(sender).rules;
    if (!rule) throw new Error('no rule');
    const wrong = { ...valuesOf(sender), name: ' ', rules: [{ ...rule, values: [], senders: rule.senders.map((s) => ({ ...s, percent: 40, from_email: 'nobody' })) }] };
    expect(Object.entries(check(wrong)).filter(([, text]) => text).map(([at]) => at)).toEqual(['name', 'rules.0.values', 'rules.0.senders', 'rules.0.senders.0.from_email', 'rules.0.senders.1.from_email']);
  });

  it('are made with a rule before the default', async () => {
    const page = await renderPage(<NewSender crumbs={[]} />, { path: '/settings/senders/new', at: '/settings/senders/new', rights: every, reply: answers((r) => (r.method === 'POST' ? { status: 201, body: sender } : undefined)) });
    await userEvent.click(await screen.findByLabelText('Name'));
    await userEvent.paste('News');
    await userEvent.click(screen.getByRole('button', { name: 'Add rule' }));
    const rule = screen.getByRole('group', { name: 'Rule 1' });
    await userEvent.click(screen.getByRole('button', { name: 'Make virtual sender' }));
    expect((await screen.findAllByText('Enter a domain, such as gmail.com')).length).toBeGreaterThan(0);
    await userEvent.click(within(rule).getAllByLabelText('Domains of recipients')[0] as HTMLElement);
    await userEvent.paste('gmail.com');
    await userEvent.click(within(rule).getByRole('button', { name: 'Share with another server' }));
    await userEvent.click(within(rule).getByRole('button', { name: 'Share evenly' }));
    await userEvent.click(screen.getByRole('button', { name: 'Make virtual sender' }));
    await waitFor(() => { expect(page.sent.some((r) => r.method === 'POST')).toBe(true); });
    const share = (percent: number) => ({ sender_id: 0, percent, from_email: '', from_name: '', reply_to: '' });
    expect(page.sent.find((r) => r.method === 'POST')?.body).toEqual({
      name: 'News', description: '', is_default: false, rules: [{ type: 'to_domain', values: ['gmail.com'], senders: [share(50), share(50)] }, { type: 'default', values: [], senders: [share(100)] }],
    });
  });
});

describe('mail servers', () => {
  it('say how they do', () => {
    expect(serverState(server).word).toBe('Not tested');
    expect(serverState({ ...server, tested_at: '2026-11-01T10:00:00Z' }).word).toBe('Works');
    expect(serverState({ ...server, tested_at: '2026-11-01T10:00:00Z', test_error: '535 no' }).word).toBe('Test failed');
    expect(serverState({ ...server, active: false }).word).toBe('Switched off');
  });

  it('want the password again when mails go elsewhere', () => {
    expect(serverBody(serverValues(server))).not.toHaveProperty('password');
    expect(serverCheck(serverValues(server), server)['password']).toBeNull();
    expect(serverCheck({ ...serverValues(server), host: 'mx2.example.org' }, server)['password']).toMatch(/again/);
  });

  it('show what the server says to a test', async () => {
    const refused = { ok: false, error: 'Sign-in: 535 5.7.8 no such user', steps: ['Connected to mx.example.org:587'], extensions: [], took_ms: 12 };
    await renderPage(<ServerList crumbs={[]} />, { path: '/settings/mail-servers', at: '/settings/mail-servers?drawer=server:3', rights: every, reply: answers((r) => (r.path.endsWith('/3/test') ? { body: refused } : undefined)) });
    const drawer = await screen.findByRole('dialog');
    await userEvent.click(await within(drawer).findByRole('button', { name: 'Test connection' }));
    expect(await within(drawer).findByText('Sign-in: 535 5.7.8 no such user')).toBeVisible();
    expect(within(drawer).getByText(/Went well: Connected/)).toBeVisible();
  });

  it('of the settings file cannot be changed here', async () => {
    await renderPage(<ServerList crumbs={[]} />, { path: '/settings/mail-servers', at: '/settings/mail-servers', rights: every, reply: answers() });
    await userEvent.click((await screen.findAllByRole('button', { name: 'Actions for Built-in mailbox' }))[0] as HTMLElement);
    expect(await screen.findByRole('menuitem', { name: 'Open' })).toBeVisible();
    expect(screen.queryByRole('menuitem', { name: 'Edit' })).toBeNull();
  });
});
