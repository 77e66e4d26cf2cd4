import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { activity, campaign, draft, everything, serverOf } from '@/test/campaigns';
import { renderPage, type Answer } from '@/test/render';
import { CampaignPage } from '../CampaignPage';
import type { Campaign } from '../model';

const sale = activity({ segment_name: 'Gold', segment_id: 7, widens: ['clicked'], brought: 214 });
const busy = activity({ id: 10, name: 'Win-back', state: 'active', type: 'trigger', receives: null, removable: 'It is at work' });
const open = (one: Campaign, more: Answer, at = '/campaigns/3?tab=activities') => renderPage(<CampaignPage />, { at, path: '/campaigns/$campaignId', rights: everything, reply: serverOf(one, more) });
const listed: Answer = ({ method, path }) => {
  if (path === '/api/v1/campaigns/3/activities' && method === 'GET') return { body: { items: [sale, busy] } };
  if (method === 'PATCH') return { body: sale };
  return method === 'DELETE' ? { status: 204 } : undefined;
};

describe('the activities of a campaign', () => {
  it('say who gets them and whom they brought, and change in place', async () => {
    const page = await open(draft({ activities: 2 }), listed);
    const row = (await screen.findByRole('link', { name: 'Autumn sale' })).closest('tr')!;
    expect(row).toHaveTextContent('2,040Gold, of the test group and people outside');
    expect(row).toHaveTextContent('214 so far');
    expect(screen.getByRole('link', { name: 'Win-back' }).closest('tr')).toHaveTextContent('known after the start');
    const user = userEvent.setup();
    await user.click(screen.getByRole('button', { name: 'Autumn sale widens the audience: clicks' }));
    await user.click(await screen.findByRole('checkbox', { name: 'whoever it is launched to' }));
    await waitFor(() => { expect(page.sent.find((s) => s.method === 'PATCH')).toMatchObject({ path: '/api/v1/campaigns/3/activities/mailing/9', body: { widens: ['clicked', 'audience'] } }); });
    await user.keyboard('{Escape}');
    await user.click(screen.getByRole('switch', { name: 'Autumn sale: the control group gets it too' }));
    await waitFor(() => { expect(page.sent.filter((s) => s.method === 'PATCH').at(-1)?.body).toEqual({ exempt: true }); });
  });

  it('show at once what was chosen, also twice in a row, and keep the last choice', async () => {
    let release: (() => void) | undefined;
    let stored = sale;
    const page = await open(campaign({}), async (request) => {
      if (request.method !== 'PATCH') return request.path.endsWith('/activities') ? { body: { items: [stored, busy] } } : listed(request);
      await new Promise<void>((resolve) => { release = resolve; });
      stored = { ...stored, ...(request.body as Partial<typeof sale>) };
      return { body: stored };
    });
    const user = userEvent.setup();
    const patches = () => page.sent.filter((s) => s.method === 'PATCH').map((s) => s.body);
    await user.click(await screen.findByRole('button', { name: 'Autumn sale widens the audience: clicks' }));
    await user.click(await screen.findByRole('checkbox', { name: 'who orders by it' }));
    expect(screen.getByRole('checkbox', { name: 'who orders by it' })).toBeChecked();
    expect(screen.getByRole('button', { name: 'Autumn sale widens the audience: clicks, orders', hidden: true })).toBeInTheDocument();
    await user.click(screen.getByRole('checkbox', { name: 'who clicks in it' }));
    expect(screen.getByRole('checkbox', { name: 'who clicks in it' })).not.toBeChecked();
    expect(patches()).toEqual([{ widens: ['clicked', 'order'] }]);
    release?.();
    await waitFor(() => { expect(patches()).toHaveLength(2); });
    expect(screen.getByRole('checkbox', { name: 'who clicks in it' })).not.toBeChecked();
    release?.();
    await waitFor(() => { expect(stored.widens).toEqual(['order']); });
    expect(patches()[1]).toEqual({ widens: ['order'] });
    expect(screen.getByRole('button', { name: 'Autumn sale widens the audience: orders', hidden: true })).toBeInTheDocument();
  });

  it('go back to what they were when that is refused, and say why', async () => {
    let release: (() => void) | undefined;
    await open(campaign({}), async (request) => {
      if (request.method !== 'PATCH') return listed(request);
      await new Promise<void>((resolve) => { release = resolve; });
      return { status: 409, body: { status: 409, title: 'Conflict', detail: 'The campaign Winter is over: nothing can be added to it or changed. Copy it instead' } };
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Autumn sale widens the audience: clicks' }));
    await user.click(await screen.findByRole('checkbox', { name: 'who opens it' }));
    expect(screen.getByRole('checkbox', { name: 'who opens it' })).toBeChecked();
    release?.();
    expect(await screen.findByText(/The campaign Winter is over/)).toBeVisible();
    expect(screen.getByRole('checkbox', { name: 'who opens it' })).not.toBeChecked();
    expect(screen.getByRole('checkbox', { name: 'who clicks in it' })).toBeChecked();
  });

  it('of a running campaign reach those kept back only after that was said', async () => {
    const page = await open(campaign({}), listed);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('switch', { name: 'Autumn sale: the control group gets it too' }));
    const dialog = await screen.findByRole('dialog', { name: 'Send Autumn sale to everybody?' });
    expect(dialog).toHaveTextContent('Whoever is kept back (640 people) gets it too from now on');
    await user.click(within(dialog).getByRole('button', { name: 'Keep them back' }));
    expect(page.sent.some((s) => s.method === 'PATCH')).toBe(false);
  });

  it('are detached, or say why not', async () => {
    const page = await open(campaign({}), listed);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Actions for Win-back' }));
    expect(await screen.findByRole('menuitem', { name: 'Cannot be detached. It is at work' })).toBeDisabled();
    await user.keyboard('{Escape}');
    await user.click(screen.getByRole('button', { name: 'Actions for Autumn sale' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Detach' }));
    await waitFor(() => { expect(page.sent.some((s) => s.method === 'DELETE' && s.path === '/api/v1/campaigns/3/activities/mailing/9')).toBe(true); });
  });

  it('are attached from a list that gives the reason where one cannot be', async () => {
    const candidates = [{ kind: 'mailing', id: 20, name: 'Tips', type: 'broadcast', state: 'draft', reason: null }, { kind: 'mailing', id: 21, name: 'Sent one', type: 'broadcast', state: 'done', reason: 'It has run already' }];
    const page = await open(campaign({}), (request) => {
      if (request.path.endsWith('/candidates')) return { body: { items: candidates, next_cursor: null, total: 2 } };
      return request.method === 'POST' ? { body: activity({ id: 20, name: 'Tips' }) } : listed(request);
    }, '/campaigns/3?tab=activities&drawer=attach');
    const drawer = await screen.findByRole('dialog');
    expect(await within(drawer).findByText(/It has run already/)).toBeVisible();
    expect(within(drawer).queryByRole('button', { name: 'Attach Sent one' })).toBeNull();
    const user = userEvent.setup();
    await user.type(within(drawer).getByRole('textbox', { name: 'Find an activity' }), 'ti');
    await waitFor(() => { expect(page.sent.some((s) => s.path.endsWith('/candidates') && s.query.get('q') === 'ti')).toBe(true); });
    await user.click(within(drawer).getByRole('button', { name: 'Attach Tips' }));
    await waitFor(() => { expect(page.sent.find((s) => s.method === 'POST')?.body).toEqual({ kind: 'mailing', id: 20 }); });
  });

  it('are made here, of any kind', async () => {
    const page = await open(draft(), ({ method }) => (method === 'POST' ? { body: activity({ id: 33, name: 'Reminder', type: 'trigger' }) } : undefined), '/campaigns/3?drawer=new-mailing');
    const drawer = await screen.findByRole('dialog');
    const user = userEvent.setup();
    await user.click(await within(drawer).findByRole('radio', { name: /^Triggered/ }));
    await user.click(within(drawer).getByRole('button', { name: 'Make mailing' }));
    expect(await within(drawer).findByRole('alert')).toHaveTextContent('Enter a name for the mailing');
    await user.type(within(drawer).getByRole('textbox', { name: 'Name' }), 'Reminder');
    await user.click(within(drawer).getByRole('button', { name: 'Make mailing' }));
    await waitFor(() => { expect(page.sent.find((s) => s.method === 'POST')?.body).toEqual({ kind: 'mailing', new: { name: 'Reminder', type: 'trigger', channel: 'email' } }); });
    await waitFor(() => { expect(page.address()).toBe('/mailings/33'); });
  });
});
