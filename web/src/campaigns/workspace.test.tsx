import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { activity, campaign, draft, everything, serverOf } from '@/test/campaigns';
import { renderPage, type Answer } from '@/test/render';
import { CampaignPage } from './CampaignPage';
import type { Campaign } from './model';

const open = (one: Campaign, more?: Answer, at = '/campaigns/3') => renderPage(<CampaignPage />, { at, path: '/campaigns/$campaignId', rights: everything, reply: serverOf(one, more) });

describe('the workspace of a campaign', () => {
  it('says how far it is, and what a draft still needs', async () => {
    await open(draft());
    const steps = await screen.findByRole('list', { name: 'How far the campaign is' });
    expect(within(steps).getByText('Draft').closest('li')).toHaveAttribute('aria-current', 'step');
    expect(await screen.findByText(/12,800 people at present/)).toHaveTextContent('30 more are withheld by the global control group');
    expect(screen.getByText(/that is 640/)).toBeVisible();
    expect(screen.getByRole('link', { name: 'Add an activity' })).toHaveAttribute('href', '/campaigns/3?tab=activities');
    expect(screen.queryByRole('button', { name: /Complete/ })).toBeNull();
  });

  it('starts after it has said whom it takes in and whom it keeps back', async () => {
    const page = await open(draft({ activities: 1 }), ({ method, path }) => {
      if (path === '/api/v1/campaigns/3/activities') return { body: { items: [activity({})] } };
      return method === 'POST' ? { body: campaign({ state: 'building' }) } : undefined;
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Start campaign…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Start Winter?' });
    expect(within(dialog).getByRole('list', { name: 'Who takes part' })).toHaveTextContent('people of Winter list12,830withheld by the global control group−30kept back for comparison−640can get what the campaign sends12,160');
    expect(dialog).toHaveTextContent('Nothing is sent by this: its 1 activity is started each on its own page');
    expect(page.sent.some((s) => s.path.endsWith('/activate'))).toBe(false);
    await user.click(within(dialog).getByRole('button', { name: 'Start campaign' }));
    await waitFor(() => { expect(page.sent.some((s) => s.method === 'POST' && s.path === '/api/v1/campaigns/3/activate')).toBe(true); });
  });

  it('is completed only by who has typed its name, and names what is stopped', async () => {
    const page = await open(campaign({}), ({ method, path }) => {
      if (path === '/api/v1/campaigns/3/activities') return { body: { items: [activity({ state: 'sending' }), activity({ id: 10, name: 'Win-back', state: 'done' })] } };
      return method === 'POST' ? { body: campaign({ state: 'completed' }) } : undefined;
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Complete…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Complete Winter?' });
    expect(dialog).toHaveTextContent('12,800 people leave the campaign');
    expect(dialog).toHaveTextContent('1 activity is stopped:Autumn sale');
    expect(dialog).not.toHaveTextContent('Win-back');
    const button = within(dialog).getByRole('button', { name: 'Complete campaign' });
    expect(button).toBeDisabled();
    await user.type(within(dialog).getByRole('textbox'), 'Winter');
    await user.click(button);
    await waitFor(() => { expect(page.sent.some((s) => s.path === '/api/v1/campaigns/3/complete')).toBe(true); });
  });

  it('tells who did what with it, and what was before', async () => {
    const log = [
      { id: 2, at: '2026-11-16T12:00:00Z', actor_kind: 'user', actor: 'Anna', action: 'campaign.updated', before: { name: 'Winter' }, after: { name: 'Frost' } },
      { id: 1, at: '2026-11-01T08:00:00Z', actor_kind: 'user', actor: 'Bo', action: 'campaign.created', before: null, after: { name: 'Winter' } },
    ];
    await open(campaign({}), ({ path }) => (path.endsWith('/log') ? { body: { items: log, next_cursor: null, total: null } } : undefined), '/campaigns/3?tab=log');
    const done = await screen.findByRole('region', { name: 'What was done' });
    expect((await within(done).findByText('Changed its settings')).closest('tr')).toHaveTextContent('Name: Winter → FrostAnna');
    expect(within(done).getByText('Made the campaign').closest('tr')).toHaveTextContent('Bo');
    expect(screen.getByRole('link', { name: 'audit log of this campaign' })).toBeVisible();
    expect(within(screen.getByRole('region', { name: 'People taken in and let go' })).getByText(/Nobody was taken in yet/)).toBeVisible();
  });

  it('tells why it could not be started, and starts again', async () => {
    const failed = { id: 1, state: 'failed' as const, source: 'hand', actor: 'Anna', job_id: null, queued_at: '2026-11-01T08:00:00Z', finished_at: '2026-11-01T08:00:01Z', took_ms: 900, audience: null, joined: null, kept_back: null, gone: null, warnings: [], error: 'The field income is gone' };
    const page = await open(campaign({ state: 'building', last_run: failed, started_at: null }), ({ method }) => (method === 'POST' ? { body: campaign({ state: 'building' }) } : undefined));
    expect(await screen.findByText(/The field income is gone/)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => { expect(page.sent.some((s) => s.path === '/api/v1/campaigns/3/activate')).toBe(true); });
  });

  it('sends of its details only what was touched, with the version that was read', async () => {
    const page = await open(campaign({}), ({ method }) => (method === 'PATCH' ? { body: campaign({ version: 5 }) } : undefined), '/campaigns/3?drawer=details');
    const drawer = await screen.findByRole('dialog');
    const user = userEvent.setup();
    await user.type(await within(drawer).findByRole('textbox', { name: 'Cost' }), '1200.50');
    await user.click(within(drawer).getByRole('button', { name: 'Save campaign' }));
    await waitFor(() => { expect(page.sent.find((s) => s.method === 'PATCH')?.body).toEqual({ cost: '1200.50', currency: 'EUR', version: 4 }); });
  });

  it('shows what differs when somebody else was first', async () => {
    const theirs = campaign({ version: 5, name: 'Winter sale' });
    let saved = 0;
    const page = await open(campaign({}), ({ method, path, body }) => {
      if (method === 'PATCH') { saved += 1; return (body as { version: number }).version === 5 ? { body: theirs } : { status: 409, body: { status: 409, title: 'Conflict', detail: 'Somebody changed it', errors: [{ pointer: '/version', message: 'The present version is 5' }] } }; }
      return path === '/api/v1/campaigns/3' && saved > 0 ? { body: theirs } : undefined;
    }, '/campaigns/3?drawer=details');
    const user = userEvent.setup();
    await user.type(await screen.findByRole('textbox', { name: 'Description' }), 'For December');
    await user.click(screen.getByRole('button', { name: 'Save campaign' }));
    const conflict = await screen.findByRole('dialog', { name: 'Someone else saved first' });
    expect(conflict).toHaveTextContent('Winter sale');
    await user.click(within(conflict).getByRole('button', { name: 'Keep mine' }));
    await waitFor(() => { expect(page.sent.filter((s) => s.method === 'PATCH').map((s) => s.body)).toEqual([{ description: 'For December', version: 4 }, { description: 'For December', version: 5 }]); });
  });

  it('that is over or put away offers nothing that changes it', async () => {
    await open(campaign({ state: 'completed', completed_at: '2026-11-20T08:00:00Z', archived_at: '2026-11-21T08:00:00Z' }), undefined, '/campaigns/3?tab=activities');
    expect(await screen.findByRole('button', { name: 'Restore campaign' })).toBeVisible();
    expect(screen.queryByRole('button', { name: /New mailing|Attach|Complete|Start/ })).toBeNull();
    expect(await screen.findByText('This campaign has no activity.')).toBeVisible();
  });
});
