import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { campaign, draft, everything, serverOf } from '@/test/campaigns';
import { renderPage } from '@/test/render';
import { MailingListPage } from '@/messages/MailingListPage';
import { CampaignListPage } from './CampaignListPage';
import { CampaignNewPage } from './CampaignNewPage';

const segment = (id: number, name: string, type: string, size: number | null) => ({ id, database_id: 1, name, description: '', type, size, tags: [], archived_at: null });
const segments = { body: { items: [segment(5, 'Winter list', 'static', 12_800), segment(6, 'Lapsed', 'dynamic', 342), segment(7, 'RFM', 'updatable', 90)], next_cursor: null, total: 3 } };

describe('a new campaign', () => {
  const open = (at = '/campaigns/new') => renderPage(<CampaignNewPage />, {
    at, path: '/campaigns/new', rights: everything,
    reply: serverOf(draft(), ({ method, path }) => {
      if (path === '/api/v1/segments/static') return { body: { segment: segment(8, 'Lapsed (list)', 'static', 342), job: null } };
      if (path === '/api/v1/segments') return segments;
      return method === 'POST' && path === '/api/v1/campaigns' ? { body: draft() } : undefined;
    }),
  });

  it('is for a static list, with five percent kept back unless said otherwise', async () => {
    const page = await open();
    const user = userEvent.setup();
    await user.click(await screen.findByRole('radio', { name: 'Winter list, 12,800 people' }));
    expect(await screen.findByText('640 people are kept back', { selector: 'strong' })).toBeVisible();
    await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Winter');
    await user.click(screen.getByRole('button', { name: 'Make campaign' }));
    await waitFor(() => { expect(page.sent.find((s) => s.method === 'POST' && s.path === '/api/v1/campaigns')?.body).toEqual({ name: 'Winter', database_id: 1, segment_id: 5, description: '', tags: [], control: { percent: 5, cap: null, strata: [] } }); });
    await waitFor(() => { expect(page.address()).toBe('/campaigns/3'); });
  });

  it('says why others cannot be chosen, and makes a static copy of one', async () => {
    const page = await open();
    const user = userEvent.setup();
    const others = await screen.findByRole('list', { name: 'Segments that cannot be chosen as they are' });
    expect(within(others).getByText('RFM').closest('li')).toHaveTextContent('Updatable: refilled by its rules, which would undo the split');
    expect(screen.queryByRole('radio', { name: /Lapsed/ })).toBeNull();
    await user.click(within(others).getByRole('button', { name: 'Save as static: Lapsed' }));
    await waitFor(() => { expect(page.sent.find((s) => s.path === '/api/v1/segments/static')?.body).toEqual({ name: 'Lapsed (list)', segment: 6 }); });
    await waitFor(() => { expect(page.sent.some((s) => s.path === '/api/v1/campaigns/power' && (s.body as { segment_id: number }).segment_id === 8)).toBe(true); });
  });

  it('names everything that is missing at once', async () => {
    await open();
    await userEvent.click(await screen.findByRole('button', { name: 'Make campaign' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('2 things to fixChoose the list of people it is forEnter a name for the campaign');
  });

  it('may begin from the page of a list', async () => {
    await open('/campaigns/new?segment=5');
    expect(await screen.findByRole('radio', { name: /Winter list/ })).toBeChecked();
  });
});

describe('the list of campaigns', () => {
  it('teaches while there is none, and never says 0 of a draft', async () => {
    const nobody = await renderPage(<CampaignListPage />, { at: '/campaigns', path: '/campaigns', rights: everything, reply: serverOf(draft(), ({ path }) => (path === '/api/v1/campaigns' ? { body: { items: [], next_cursor: null, total: 0 } } : undefined)) });
    expect(await screen.findByText('See what a campaign really changes')).toBeVisible();
    nobody.unmount();
    await renderPage(<CampaignListPage />, { at: '/campaigns', path: '/campaigns', rights: everything, reply: serverOf(draft()) });
    const row = (await screen.findByRole('link', { name: 'Winter' })).closest('tr')!;
    expect(row).toHaveTextContent('Draft–5 %');
  });

  it('is narrowed by state and tag', async () => {
    const page = await renderPage(<CampaignListPage />, { at: `/campaigns?filter=${encodeURIComponent('{"state":["active","draft"],"tag":["season"]}')}`, path: '/campaigns', rights: everything, reply: serverOf(campaign({})) });
    await screen.findByRole('link', { name: 'Winter' });
    await waitFor(() => { expect(page.sent.some((s) => s.path === '/api/v1/campaigns' && s.query.toString() === 'sort=-created_at&state=active%2Cdraft&tag=season&database=1&limit=50')).toBe(true); });
  });
});

describe('the list of mailings', () => {
  it('names the campaign of each, and can be narrowed to one', async () => {
    const mailing = { id: 9, name: 'Autumn sale', type: 'broadcast', state: 'draft', segment_id: null, campaign_id: 3, audience: null, updated_at: '2026-11-01T08:00:00Z' };
    const page = await renderPage(<MailingListPage />, { at: `/mailings?filter=${encodeURIComponent('{"campaign":["3"]}')}`, path: '/mailings', rights: everything, reply: serverOf(campaign({}), ({ path }) => (path === '/api/v1/mailings' ? { body: { items: [mailing], next_cursor: null, total: 1 } } : undefined)) });
    const row = (await screen.findByRole('link', { name: 'Autumn sale' })).closest('tr')!;
    await waitFor(() => { expect(row).toHaveTextContent('Winter'); });
    expect(page.sent.some((s) => s.path === '/api/v1/mailings' && s.query.get('campaign') === '3')).toBe(true);
  });
});
