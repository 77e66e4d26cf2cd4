import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { campaign, draft, metric, report } from '../sample';
import type { Campaign } from '../model';
import { CampaignReportTab } from './CampaignReportTab';
import { isEarly, leftOutHref, sortedLeftOut, type CampaignReport } from './model';
import { rangeOf } from './Money';
import { inflowWords } from './Sources';
import { VerdictCard } from './VerdictCard';

const answers = (found: CampaignReport): Answer => ({ path }) => (path === '/api/v1/campaigns/3/report' ? { body: found } : undefined);
const rights = ['campaigns:read', 'analytics:read', 'profiles:read'];
const show = (found: CampaignReport = report, one: Campaign = campaign, at = '/campaigns/3?tab=report') => renderPage(<CampaignReportTab campaign={one} />, { at, path: '/campaigns/$campaignId', rights, reply: answers(found) });
const rowOf = (label: string, text: RegExp) => within(within(screen.getByRole('region', { name: label })).getAllByRole('row').find((r) => text.test(r.textContent)) ?? document.body);

describe('the report of a campaign', () => {
  it('tells its verdict first, with people and the range, and that it still moves', async () => {
    await show();
    expect(await screen.findByRole('heading', { name: 'The campaign works so far' })).toBeInTheDocument();
    expect(screen.getByText(/^9\.2 % of the test group bought/)).toBeInTheDocument();
    expect(screen.getByText('That is about 340 extra buyers among the test group (69 to 551).')).toBeInTheDocument();
    expect(screen.getByText('Still running:').parentElement).toHaveTextContent('the range will move; judge 7 days after it ends.');
    expect(screen.getByText('The period is short.')).toBeInTheDocument();
    expect(screen.queryByText('The campaign is still running.')).toBeNull();
  });
  it('shows both sides with ranges, and what it takes to tell', async () => {
    await show();
    expect(await screen.findByRole('group', { name: 'People compared' })).toHaveTextContent('12,160 in the test group · 640 in the control group = 12,800');
    const bought = rowOf('Both sides compared', /People who bought/), spent = rowOf('Both sides compared', /Revenue a person/);
    expect(bought.getByText('9.2 % (1,119 of 12,160)')).toBeInTheDocument();
    expect(bought.getByText('higher')).toBeInTheDocument();
    expect(spent.getByText('can’t tell yet')).toBeInTheDocument();
    expect(spent.getByText('−€0.40 to +€1.90')).toBeInTheDocument();
    expect(spent.getByText('needs about 2,900 in control')).toBeInTheDocument();
  });
  it('shows each activity and all of them together', async () => {
    await show();
    await screen.findByRole('region', { name: 'Figures of each activity' });
    expect(rowOf('Figures of each activity', /Autumn sale/).getByRole('link', { name: 'Autumn sale' })).toHaveAttribute('href', '/mailings/7');
    expect(rowOf('Figures of each activity', /Win-back/).getByText('control gets it too')).toBeInTheDocument();
    expect(rowOf('Figures of each activity', /All activities/).getByText('4,080')).toBeInTheDocument();
  });
  it('sums why people were left out, and each number opens them', async () => {
    await show();
    const table = within(await screen.findByRole('region', { name: 'People left out, by reason' }));
    expect(table.getAllByRole('row').slice(1).map((r) => r.textContent)).toEqual(['Not subscribedAutumn sale76', 'Not subscribedWin-back24', 'In the control groupAutumn sale64']);
    const href = table.getByRole('link', { name: '64' }).getAttribute('href') ?? '';
    expect(decodeURIComponent(href)).toBe('/mailings/7?tab=people&filter={"state":["left_out"],"reason":["campaign_control"]}');
  });
  it('tells extra revenue with its range apart from what messages claim', async () => {
    await show();
    expect(await screen.findByText('€8,512.00 (−€4,864.00 to €23,104.00)')).toBeInTheDocument();
    expect(screen.getAllByText('can’t tell yet: the range of the extra revenue holds 0')).toHaveLength(2);
    expect(screen.queryByText('609.3 %')).toBeNull();
    expect(screen.getByRole('region', { name: 'What messages claim' })).toHaveTextContent('€9,000.00');
    expect(rangeOf({ ...report.money, incremental: null }, 'EUR')).toBeNull();
  });
  it('tells profit once the extra revenue is proved', async () => {
    await show({ ...report, metrics: report.metrics.map((m) => ({ ...m, verdict: 'higher' as const })) });
    expect(await screen.findByText('609.3 %')).toBeInTheDocument();
    expect(screen.getByText('€7,312.00')).toBeInTheDocument();
  });
  it('keeps period and currency in the address, for the report and its files', async () => {
    const { sent, address } = await show(report, campaign, '/campaigns/3?tab=report&from=2026-11-02&currency=NOK');
    expect(await screen.findByRole('link', { name: 'CSV' })).toHaveAttribute('href', '/api/v1/campaigns/3/report.csv?from=2026-11-02&currency=NOK');
    expect(Object.fromEntries(sent.find((s) => s.path.endsWith('/report'))?.query ?? [])).toEqual({ from: '2026-11-02', currency: 'NOK' });
    await userEvent.type(screen.getByLabelText('To'), '2026-11-09');
    expect(address()).toContain('to=2026-11-09');
  });
  it('judges nothing without a control group', async () => {
    await show({ ...report, verdict: null, control: null, headline: 'There is no control group, so nobody can say what the campaign changed. 1,119 of 12,800 people bought after they came in.' });
    expect(await screen.findByRole('heading', { name: /There is no control group/ })).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'See the audience' })).toBeInTheDocument();
    expect(screen.queryByRole('region', { name: 'Both sides compared' })).toBeNull();
  });
  it('shows no point where too few stand behind it', async () => {
    const few = { ...metric, low: null, high: null, verdict: 'too_few' as const, sentence: '0.5 % of the test group bought, 0.5 % of the control group, but only 3 people are kept back: it takes 50 on each side.' };
    await show({ ...report, verdict: 'too_few', headline: 'Too few to say yet: only 3 of 640 people of the control group did.', metrics: [few] });
    expect(await screen.findByRole('heading', { name: 'Too few to say yet' })).toBeInTheDocument();
    expect(rowOf('Both sides compared', /People who bought/).getByText('only 3 people are kept back: it takes 50 on each side')).toBeInTheDocument();
    expect(screen.queryByText(/extra buyers/)).toBeNull();
  });
});

describe('before there is a report', () => {
  const none = { ...report, total: { ...report.total, sent: 0 }, test: { people: 12160, converted: 0, conversions: 0, revenue: '0' }, control: { people: 640, converted: 0, conversions: 0, revenue: '0' } };
  it('it says when first figures come', async () => {
    await show(none);
    expect(isEarly(none)).toBe(true);
    expect(await screen.findByText('No orders yet')).toBeInTheDocument();
    expect(screen.getByText(/until 7 days after the campaign ends\. First figures come after the first send/)).toBeInTheDocument();
    expect(screen.getByText('How people came in')).toBeInTheDocument();
  });
  it('a draft asks for none', async () => {
    const { sent } = await show(report, draft);
    expect(screen.getByText('The report begins with the campaign')).toBeInTheDocument();
    expect(sent).toEqual([]);
  });
});

describe('the verdict on the overview', () => {
  it('comes with its range and leads to the report', async () => {
    await renderPage(<VerdictCard campaign={campaign} />, { rights, reply: answers(report) });
    expect(await screen.findByRole('heading', { name: 'The campaign works so far' })).toBeInTheDocument();
    expect(screen.getByTestId('range')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'See the report' })).toHaveAttribute('href', '/campaigns/3?tab=report');
  });
  it('is not there for those who may not see reports', async () => {
    const { sent } = await renderPage(<VerdictCard campaign={campaign} />, { rights: ['campaigns:read'], reply: answers(report) });
    expect(screen.queryByRole('heading')).toBeNull();
    expect(sent).toEqual([]);
  });
});

describe('rows of the report', () => {
  it('are sorted by the size of the reason', () => {
    const { sums, rows } = sortedLeftOut(report.left_out);
    expect(sums.map((s) => [s.reason, s.people])).toEqual([['not_subscribed', 100], ['campaign_control', 64]]);
    expect(rows.map((r) => r.people)).toEqual([76, 24, 64]);
    expect(leftOutHref({ kind: 'scenario', id: 4, figure: 'left_out', reason: 'x' })).toBeNull();
  });
  it('say how people came in', () => {
    expect(report.inflow.map(inflowWords)).toEqual(['From the list', 'Clicked: Win-back']);
  });
});
