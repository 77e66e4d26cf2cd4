import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';
import { mailingKind } from '@/messages/kinds';
import type { Campaign } from '../model';

type Schemas = components['schemas'];
export type CampaignActivity = Schemas['CampaignActivity'];
export type Candidate = Schemas['Candidate'];
export type Widening = CampaignActivity['widens'][number];

const working = new Set(['scheduled', 'starting', 'active', 'sending', 'paused']);
/** It sends, or will by itself. */
export const atWork = (activity: Pick<CampaignActivity, 'state'>): boolean => working.has(activity.state);

export const keyOf = (a: Pick<CampaignActivity, 'kind' | 'id'>): string => `${a.kind}:${a.id}`;

/** "Broadcast", "Triggered", "Scenario". */
export const activityKind = (a: Pick<CampaignActivity, 'kind' | 'type'>): string => (a.kind === 'scenario' ? 'Scenario' : mailingKind(a.type).label);

export const widenings: readonly { value: Widening; label: string; text: string; short: string }[] = [
  { value: 'audience', label: 'whoever it is launched to', text: 'People of its own segment join the campaign first, and some of them are kept back', short: 'launch' },
  { value: 'opened', label: 'who opens it', text: 'It reaches people outside the campaign too; who opens it joins', short: 'opens' },
  { value: 'clicked', label: 'who clicks in it', text: 'It reaches people outside the campaign too; who clicks joins', short: 'clicks' },
  { value: 'goal', label: 'who reaches the goal by it', text: 'It reaches people outside the campaign too; who reaches the goal joins', short: 'goal' },
  { value: 'order', label: 'who orders by it', text: 'It reaches people outside the campaign too; who orders joins', short: 'orders' },
];

/** "launch, clicks", or null where it brings nobody. */
export const widensWords = (widens: readonly Widening[]): string | null => widenings.filter((w) => widens.includes(w.value)).map((w) => w.short).join(', ') || null;

const over = new Set(['done', 'stopped', 'archived']);
export const isOver = (activity: Pick<CampaignActivity, 'state'>): boolean => over.has(activity.state);

/** Of whom its recipients are, in words: "Gold, of the test group". */
export function reachWords(activity: CampaignActivity, campaign: Campaign): string {
  const inside = activity.exempt || !campaign.control ? 'everybody in the campaign' : 'the test group';
  const side = activity.widens.some((w) => w !== 'audience') ? `${inside} and people outside` : inside;
  return activity.segment_name ? `${activity.segment_name}, of ${side}` : side;
}

/** What stands in the cell "who gets it". */
export const receivesWords = (activity: CampaignActivity, campaign: Campaign): string => (
  activity.receives !== null ? formatNumber(activity.receives) : isOver(activity) || campaign.state === 'completed' ? 'it is over' : campaign.state === 'active' ? 'counted when it is sent' : 'known after the start'
);

export function useActivities(campaign: Campaign) {
  return useQuery({
    queryKey: ['campaigns', campaign.id, 'activities'],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}/activities', { params: { path: { campaign_id: campaign.id } }, signal })),
    refetchInterval: (query) => (campaign.state === 'active' && query.state.data?.items.some(atWork) ? 10_000 : false),
  });
}
