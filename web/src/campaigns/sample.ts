/** A campaign and its report as the server gives them, for tests. */
import type { Campaign, CampaignRun, StrataPlan } from './model';
import type { CampaignMetric, CampaignReport } from './report/model';

const run: CampaignRun = { id: 9, state: 'done', source: 'activate', actor: 'Anna', job_id: null, queued_at: '2026-11-01T08:00:00Z', finished_at: '2026-11-01T08:00:02Z', took_ms: 2000, audience: 12800, joined: 12800, kept_back: 640, gone: 0, warnings: [], error: null };

export const campaign: Campaign = {
  id: 3, name: 'Winter campaign', description: '', database_id: 1, segment_id: 5, segment_name: 'Winter list', state: 'active', tags: [], control: { percent: 5, cap: null, strata: [{ field: 'income', lists: [], ranges: [] }], size: 640, since: '2026-11-01T08:00:00Z' },
  goal: null, window_days: 7, cost: '1200.00', currency: 'EUR', audience: 12800, test: 12160, control_size: 640, guests: 214, withheld: 31, activities: 2, open_run: null, last_run: run, version: 4, started_at: '2026-11-01T08:00:00Z', completed_at: null, archived_at: null, created_at: '2026-10-20T08:00:00Z', updated_at: '2026-11-01T08:00:00Z',
};
export const draft: Campaign = { ...campaign, state: 'draft', control: null, audience: 0, test: 0, control_size: 0, guests: 0, withheld: 0, last_run: null, started_at: null };

const part = (key: string, people: number, control: number) => ({ key, label: key, people, expected: control, control, added: 0 });
export const plan: StrataPlan = { people: 12800, withheld: 31, control: 640, target: 640, parts: [part('low', 5120, 256), part('middle', 4480, 224), part('high', 2560, 128), part('no value', 640, 32)], warnings: [], rate: 0.06, detectable: 0.027, lift: 0.015, needed: 2560 };

export const metric: CampaignMetric = { key: 'conversion', label: 'People who bought', unit: 'share', control: 0.064, test: 0.092, difference: 0.028, low: 0.006, high: 0.045, relative: 0.44, relative_low: 0.1, relative_high: 0.9, extra: 340, extra_low: 69, extra_high: 551, detectable: 0.027, needed: null, verdict: 'higher', sentence: '' };
const revenue: CampaignMetric = { ...metric, key: 'revenue', label: 'Revenue a person', unit: 'money', control: 7.4, test: 8.1, difference: 0.7, low: -0.4, high: 1.9, needed: 2900, verdict: 'cannot_tell' };
const arm = (people: number, converted: number) => ({ people, converted, conversions: converted + 9, revenue: '98496.00' });
const stratum = (key: string) => ({ key, label: key, control: arm(256, 16), test: arm(4864, 440), metrics: [metric, revenue] });
const figures = { kind: 'mailing', type: 'broadcast', channel: 'email', state: 'done', exempt: false, selected: 2204, left_out: 164, sent: 2040, delivered: 2000, failed: 30, blocked: 0, bounced: 10, opened: 800, clicked: 200, unsubscribed: 4, complained: 0, converted: 90, conversions: 99, revenue: '4500.00', brought: 0 };
const day = (at: string, share: number) => ({ day: at, sent: 2040, opened: 800, clicked: 200, joined: 12800, conversions: 90, revenue: '4500.00', control_share: share / 2, test_share: share, control_revenue: 1.2, test_revenue: 1.6 });

export const report: CampaignReport = {
  campaign_id: 3, name: 'Winter campaign', state: 'active', since: '2026-11-01T08:00:00Z', until: '2026-11-16T08:00:00Z', as_of: '2026-11-16T08:00:00Z', running: true, timezone: 'Europe/Oslo', goal: null, currency: 'EUR', currencies: ['EUR', 'NOK'],
  verdict: 'higher', headline: 'The campaign works so far: 9.2 % of the test group bought, 6.4 % of the control group, +2.8 points. The true effect lies between +0.6 points and +4.5 points (95 %).',
  control: arm(640, 41), test: arm(12160, 1119), unmatched: 3, global_control: 2, reach: { audience: 12800, test: 12160, control: 640, withheld: 31, reached: 2000, opened: 800, clicked: 200, unsubscribed: 4, converted: 90 },
  metrics: [metric, revenue], strata: [stratum('low'), stratum('high')], days: [day('2026-11-01', 0.02), day('2026-11-02', 0.092)],
  activities: [{ ...figures, id: 7, name: 'Autumn sale' }, { ...figures, id: 8, name: 'Win-back', type: 'trigger', state: 'active', exempt: true, brought: 214 }], total: { ...figures, kind: 'total', id: 0, name: 'All activities', type: '', channel: '', state: '', brought: 214, sent: 4080 },
  channels: [{ channel: 'email', name: 'E-mail', activities: 2, people: 2000, sent: 4080, delivered: 4000, opened: 800, clicked: 200, unsubscribed: 4, converted: 90, conversions: 99, revenue: '4500.00' }],
  left_out: [{ kind: 'mailing', id: 7, name: 'Autumn sale', figure: 'left_out', reason: 'not_subscribed', words: 'not subscribed', people: 76 }, { kind: 'mailing', id: 7, name: 'Autumn sale', figure: 'left_out', reason: 'campaign_control', words: 'in the control group', people: 64 }, { kind: 'mailing', id: 8, name: 'Win-back', figure: 'blocked', reason: 'not_subscribed', words: 'not subscribed', people: 24 }],
  inflow: [{ source: 'segment', activity: 0, name: null, people: 12586, test: 11957, control: 629 }, { source: 'clicked', activity: 8, name: 'Win-back', people: 214, test: 203, control: 11 }],
  money: { cost: '1200.00', attributed: '9000.00', incremental: '8512.00', incremental_low: '-4864.00', incremental_high: '23104.00', profit: '7312.00', return_on_cost: 6.0933 }, warnings: [{ kind: 'short', message: 'The period is short', stratum: null }, { kind: 'running', message: 'The campaign is still running', stratum: null }],
};
