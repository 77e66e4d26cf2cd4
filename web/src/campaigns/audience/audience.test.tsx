import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { campaign, draft, plan } from '../sample';
import type { Campaign, StrataPlan } from '../model';
import { AudienceTab } from './AudienceTab';
import { wayWords } from './People';
import { neededWords, seenWords, supposedOf } from './PowerHint';

const field = { id: 5, name: 'income', type: 'enum', label: 'Income', options: ['low', 'middle', 'high'], validator: null, unique: false, required: false, description: '', builtin: false, read_only: false };
const database = { id: 1, name: 'shop', timezone: 'Europe/Oslo', description: '', profile_count: 600, created_at: null, updated_at: null, fields: [field] };
const activity = { kind: 'mailing', id: 8, name: 'Win-back', type: 'trigger', channel: 'email', state: 'active', segment_id: null, segment_name: null, widens: ['clicked'], exempt: false, receives: 812, brought: 214, removable: null, attached_at: '2026-11-01T08:00:00Z' };
const receipts = { ...activity, id: 9, name: 'Order receipts', widens: [], exempt: true, brought: 0 };
const member = { profile_id: 17, side: 'test', stratum: 'low', source: 'clicked', activity: 8, entered_on: '2026-11-03', present: true, profile: { first_name: 'Ada', last_name: 'Berg', email: 'ada@example.com' } };

const answers = (found: StrataPlan = plan): Answer => ({ method, path, query }) => {
  if (path === '/api/v1/databases/1') return { body: database };
  if (path === '/api/v1/campaigns/power') return { body: found };
  if (path.endsWith('/strata')) return { body: found };
  if (path.endsWith('/activities')) return { body: { items: [activity, receipts] } };
  if (path.endsWith('/audience')) return { body: query.get('source') === 'segment' ? { items: [], next_cursor: null, total: 12586 } : { items: [member], next_cursor: null, total: 1 } };
  if (path.endsWith('/control')) return method === 'DELETE' ? { body: { moved: 640 } } : { body: campaign };
  return undefined;
};
const rights = ['campaigns:read', 'campaigns:update', 'campaigns:run', 'profiles:read', 'databases:read'];
const show = (one: Campaign, options: { rights?: readonly string[]; plan?: StrataPlan; at?: string } = {}) => renderPage(<AudienceTab campaign={one} />, { at: options.at ?? '/campaigns/3?tab=audience', path: '/campaigns/$campaignId', rights: options.rights ?? rights, reply: answers(options.plan) });
const powers = (sent: readonly Sent[]) => sent.filter((s) => s.path === '/api/v1/campaigns/power').map((s) => s.body);

describe('the audience of a campaign', () => {
  it('is test + control, and each figure opens its people', async () => {
    const { address } = await show(campaign);
    const sum = within(await screen.findByRole('group', { name: 'People who are in' }));
    expect(sum.getByText('12,800 people')).toBeInTheDocument();
    await userEvent.click(sum.getByRole('link', { name: '640 kept back' }));
    expect(decodeURIComponent(address())).toContain('filter={"side":["control"],"present":["yes"]}');
    expect(screen.getByRole('link', { name: '214 came in by an activity' })).toHaveAttribute('href', expect.stringContaining('campaign%3A3%3Aguests'));
    expect(screen.getByRole('link', { name: '31 kept out by the global control group' })).toHaveAttribute('href', expect.stringContaining('campaign%3A3%3Awithheld'));
  });
  it('opens nobody for those who may not see people', async () => {
    await show(campaign, { rights: ['campaigns:read', 'databases:read'] });
    expect(await screen.findByText('You cannot see the people')).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: '640 kept back' })).toBeNull();
  });
  it('lists its people with side, stratum and how they came in, and passes the filters on', async () => {
    const { sent } = await show(campaign, { at: '/campaigns/3?tab=audience&q=ada&filter=%7B%22side%22%3A%5B%22test%22%5D%2C%22activity%22%3A%5B%228%22%5D%2C%22present%22%3A%5B%22yes%22%5D%7D' });
    const row = within((await screen.findByRole('link', { name: 'Ada Berg' })).closest('tr') ?? document.body);
    expect(row.getByText('test group')).toBeInTheDocument();
    expect(row.getByText('low')).toBeInTheDocument();
    expect(row.getByText('clicked Win-back')).toBeInTheDocument();
    const asked = sent.find((s) => s.path.endsWith('/audience') && s.query.get('limit') === '50')?.query;
    expect(Object.fromEntries(asked ?? [])).toEqual({ q: 'ada', side: 'test', activity: '8', present: 'true', columns: 'first_name,last_name,email', limit: '50' });
  });
  it('says by what people came in', async () => {
    await show(campaign);
    const ways = within(await screen.findByRole('region', { name: 'Ways in' }));
    expect(await ways.findByRole('link', { name: '12,586' })).toBeInTheDocument();
    expect(ways.getByRole('row', { name: /Win-back.*who clicks.*214/ })).toBeInTheDocument();
    expect(ways.queryByText('Order receipts')).toBeNull();
  });
  it('of a draft is who would be in', async () => {
    await show(draft, { plan: { ...plan, control: 0, parts: [] } });
    expect((await screen.findByText('12,800 people')).parentElement).toHaveTextContent('12,800 people would be in.');
    expect(screen.getByText('Nobody is kept back')).toBeInTheDocument();
  });
});

describe('the control group of a campaign', () => {
  it('is worked out again while somebody types, and saved with the version that was read', async () => {
    const { sent } = await show(draft);
    await userEvent.click(await screen.findByRole('button', { name: 'Keep back 5 %' }));
    expect(await screen.findByText(/With 640 kept back you can see a change from 6\.0 % to 8\.7 % or more/, { selector: 'p' })).toBeInTheDocument();
    expect(screen.getByText('To see one to 7.5 %, keep back about 2,600 people (20.0 %).')).toBeInTheDocument();
    expect(screen.getByRole('row', { name: /low 5,120 40\.0 % 256 40\.0 % exact/ })).toBeInTheDocument();
    const percent = screen.getByRole('textbox', { name: 'Keep back' });
    await userEvent.clear(percent);
    await userEvent.type(percent, '2.5');
    await waitFor(() => { expect(powers(sent).at(-1)).toMatchObject({ database_id: 1, segment_id: 5, percent: 2.5, cap: null, strata: [] }); });
    await userEvent.click(screen.getByRole('button', { name: 'Keep back 2.5 %' }));
    await waitFor(() => { expect(sent.find((s) => s.method === 'PUT')?.body).toEqual({ percent: 2.5, cap: null, strata: [], version: 4 }); });
  });
  it('names the stratum that a cap leaves short, and the remedy', async () => {
    const warned = { ...plan, warnings: [{ kind: 'cap', message: 'Cap 12 leaves 0.7 of a person for West: raise the cap to 35 or drop a field', stratum: 'West' }] };
    await show(draft, { plan: warned });
    await userEvent.click(await screen.findByRole('button', { name: 'Keep back 5 %' }));
    expect(await screen.findByText(/for West: raise the cap to 35/)).toBeInTheDocument();
  });
  it('of a running campaign keeps back newcomers only, and says so before', async () => {
    await show({ ...campaign, control: null, test: 12800, control_size: 0 });
    await userEvent.click(await screen.findByRole('button', { name: 'Keep back 5 %' }));
    expect(await screen.findByText('Only newcomers can be kept back')).toBeInTheDocument();
    expect(screen.getByText(/^Nobody at first/)).toHaveTextContent('Of every 1,000 people who come in from now on, about 50 would be kept back.');
    expect(screen.getByRole('button', { name: 'Keep back 5 % of newcomers' })).toBeInTheDocument();
  });
  it('has fixed strata once somebody is kept back, and names what still reaches it', async () => {
    await show(campaign);
    expect(await screen.findByText(/Fixed since somebody is kept back/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Divide by a field' })).toBeNull();
    expect(await screen.findByText('Order receipts')).toBeInTheDocument();
  });
  it('says before it goes how many people join the test group', async () => {
    const { sent } = await show(campaign);
    await userEvent.click(await screen.findByRole('button', { name: 'Remove control group…' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/^640 people join the test group and get what follows/)).toBeInTheDocument();
    expect(sent.some((s) => s.method === 'DELETE')).toBe(false);
    await userEvent.click(dialog.getByRole('button', { name: 'Remove control group' }));
    await waitFor(() => { expect(sent.some((s) => s.method === 'DELETE' && s.path === '/api/v1/campaigns/3/control')).toBe(true); });
  });
  it('of a completed campaign can be looked at', async () => {
    await show({ ...campaign, state: 'completed', completed_at: '2026-11-20T08:00:00Z' });
    expect(await screen.findByText('Keeps back')).toBeInTheDocument();
    expect(await screen.findByText('Income')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Remove/ })).toBeNull();
  });
});

describe('the words', () => {
  it('tell what can be seen, and what cannot', () => {
    expect(seenWords({ ...plan, control: 0 })).toBe('Nobody would be kept back, so nothing could be compared.');
    expect(seenWords({ ...plan, control: 1, detectable: null })).toBe('With 1 person kept back no change can be told from chance.');
    expect(neededWords({ ...plan, needed: null })).toBe('A change to 7.5 % cannot be seen among so few, however many are kept back.');
    expect(neededWords({ ...plan, needed: 600 })).toBe('A change to 7.5 % can be seen too.');
    expect(supposedOf({ rate: 6, lift: '' })).toEqual({ rate: 0.06, lift: null });
    expect(supposedOf({ rate: 0, lift: 1.5 })).toEqual({ rate: null, lift: 0.015 });
  });
  it('tell how somebody came in', () => {
    expect(wayWords({ source: 'segment', activity: null }, [])).toBe('from the list');
    expect(wayWords({ source: 'audience', activity: 8 }, [{ id: 8, name: 'Win-back' }])).toBe('was sent Win-back');
    expect(wayWords({ source: 'order', activity: 6 }, [])).toBe('ordered an activity that is gone');
  });
});
