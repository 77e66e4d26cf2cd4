import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { PolicyList } from './PolicyList';
import { limitsText } from './limits';

const policy = {
  id: 3, name: 'Twice a week', description: '', is_default: true, resource_ids: [7], mailing_count: 2, created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
  limits: [{ per: 'profile', most: 2, days: 7 }],
};
const every = ['policies:read', 'policies:create', 'policies:update', 'policies:delete'];
const at = { path: '/settings/policies', at: '/settings/policies', rights: every };
const server = (items: unknown[], more: (request: Sent) => ReturnType<Answer> = () => undefined): Answer => (request) => {
  if (request.method === 'GET' && request.path === '/api/v1/policies') return { body: { items, next_cursor: null, total: items.length } };
  if (request.method === 'GET' && request.path === '/api/v1/policies/3') return { body: policy };
  if (request.path === '/api/v1/resources') return { body: { items: [{ id: 7, name: 'News' }], next_cursor: null, total: 1 } };
  return more(request);
};

describe('frequency policies', () => {
  it('are said in words', async () => {
    await renderPage(<PolicyList crumbs={[]} />, { ...at, reply: server([policy]) });
    expect((await screen.findAllByText('at most 2 messages in 7 days per person'))[0]).toBeVisible();
    expect(screen.getAllByText('everything else, 1 resource, 2 mailings')[0]).toBeVisible();
    expect(limitsText([])).toBe('no limit');
    expect(limitsText([{ per: 'contact', most: 1, days: 1 }])).toBe('at most 1 message in a day per address');
  });

  it('are made with the limits that are ticked', async () => {
    const page = await renderPage(<PolicyList crumbs={[]} />, { ...at, reply: server([], (r) => (r.method === 'POST' ? { status: 201, body: policy } : undefined)) });
    await userEvent.click((await screen.findAllByRole('button', { name: 'New policy' }))[0] as HTMLElement);
    const drawer = await screen.findByRole('dialog');
    await userEvent.type(within(drawer).getByLabelText('Name'), 'Gentle');
    await userEvent.click(within(drawer).getByRole('checkbox', { name: 'Per address' }));
    const most = within(drawer).getByLabelText('Per address: messages, at most');
    await userEvent.clear(most);
    await userEvent.type(most, '99');
    await userEvent.click(within(drawer).getByRole('button', { name: 'Make policy' }));
    await waitFor(() => { expect(page.sent.some((r) => r.method === 'POST')).toBe(true); });
    expect(page.sent.find((r) => r.method === 'POST')?.body).toMatchObject({
      name: 'Gentle', limits: [{ per: 'profile', most: 2, days: 7 }, { per: 'contact', days: 7 }], is_default: false, resource_ids: [],
    });
  });

  it('say at the field what a limit may be', async () => {
    const page = await renderPage(<PolicyList crumbs={[]} />, { ...at, reply: server([policy]) });
    await userEvent.click((await screen.findAllByRole('button', { name: 'Actions for Twice a week' }))[0] as HTMLElement);
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Edit' }));
    const drawer = await screen.findByRole('dialog');
    const most = await within(drawer).findByLabelText('Per person: messages, at most');
    await userEvent.clear(most);
    await userEvent.click(within(drawer).getByRole('button', { name: 'Save policy' }));
    await waitFor(() => { expect(most).toHaveAccessibleDescription('Enter 1 to 15 messages'); });
    expect(page.sent.some((r) => r.method === 'PATCH')).toBe(false);
  });

  it('say what holds after one is deleted', async () => {
    await renderPage(<PolicyList crumbs={[]} />, { ...at, reply: server([{ ...policy, mailing_count: 0 }]) });
    await userEvent.click((await screen.findAllByRole('button', { name: 'Actions for Twice a week' }))[0] as HTMLElement);
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Delete…' }));
    expect(await screen.findByText('It holds for everything else, 1 resource; they follow the default policy then, or none.')).toBeVisible();
  });
});
