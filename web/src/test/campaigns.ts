import type { Answer } from './render';
import type { CampaignActivity } from '@/campaigns/activities/model';
import type { Campaign, StrataPlan } from '@/campaigns/model';

/** A campaign under way, as the server tells it; for tests. */
export const campaign = (over: Partial<Campaign>): Campaign => ({
  id: 3, name: 'Winter', description: '', database_id: 1, segment_id: 5, segment_name: 'Winter list', state: 'active', tags: ['season'],
  control: { percent: 5, cap: null, strata: [], size: 640, since: '2026-11-01T08:00:00Z' }, goal: null, window_days: 7, cost: null, currency: null,
  audience: 12_800, test: 12_160, control_size: 640, guests: 214, withheld: 30, activities: 2, open_run: null, last_run: null, version: 4,
  started_at: '2026-11-01T08:00:00Z', completed_at: null, archived_at: null, created_at: '2026-10-28T08:00:00Z', updated_at: '2026-11-01T08:00:00Z', ...over,
});

export const draft = (over: Partial<Campaign> = {}): Campaign => campaign({
  state: 'draft', control: { percent: 5, cap: null, strata: [], size: 0, since: null }, audience: 0, test: 0, control_size: 0, guests: 0, withheld: 0, activities: 0, started_at: null, ...over,
});

export const activity = (over: Partial<CampaignActivity>): CampaignActivity => ({
  kind: 'mailing', id: 9, name: 'Autumn sale', type: 'broadcast', channel: 'email', state: 'draft', segment_id: null, segment_name: null, widens: [], exempt: false, receives: 2040, brought: 0, removable: null, attached_at: '2026-11-01T08:00:00Z', ...over,
});

export const plan: StrataPlan = { people: 12_800, withheld: 30, control: 640, target: 640, parts: [], warnings: [], rate: 0.05, detectable: 0.027, lift: 0.005, needed: 2900 };

export const everything = ['campaigns:read', 'campaigns:create', 'campaigns:update', 'campaigns:delete', 'campaigns:run', 'mailings:read', 'mailings:create', 'mailings:update', 'segments:read', 'segments:create', 'databases:read', 'audit:read'];

/** A server that knows one campaign; `more` answers first. */
export const serverOf = (one: Campaign, more: Answer = () => undefined): Answer => async (request) => {
  const given = await more(request);
  if (given) return given;
  const { path } = request, page = (items: unknown[]) => ({ body: { items, next_cursor: null, total: items.length } });
  if (path === '/api/v1/databases') return page([{ id: 1, name: 'shop', timezone: 'Europe/Oslo', fields: [] }]);
  if (path === '/api/v1/campaigns') return page([one]);
  if (path === `/api/v1/campaigns/${one.id}`) return { body: one };
  if (path === '/api/v1/campaigns/tags') return { body: { items: [{ name: 'season', count: 1 }] } };
  if (path === `/api/v1/campaigns/${one.id}/strata` || path === '/api/v1/campaigns/power') return { body: plan };
  if (path === `/api/v1/campaigns/${one.id}/activities`) return { body: { items: [] } };
  if (path === `/api/v1/campaigns/${one.id}/history` || path === `/api/v1/campaigns/${one.id}/log`) return page([]);
  if (path === '/api/v1/channels' || path === '/api/v1/goals' || path === '/api/v1/segments') return page([]);
  if (path === '/api/v1/mailings/kinds') return { body: { items: ['broadcast', 'recurring', 'trigger', 'multivariate', 'placement'].map((type) => ({ type })) } };
  return undefined;
};
