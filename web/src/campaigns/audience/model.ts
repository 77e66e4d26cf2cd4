import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo } from 'react';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { paths } from '@/kit';
import { isComplete, percentFits, type StratumField } from '@/segments/strata/model';
import type { Campaign, StrataPlan } from '../model';

export type CampaignMember = components['schemas']['CampaignMember'];
export type Source = NonNullable<CampaignMember['source']>;

/** How somebody came in, as it is said beside their name. */
export const sourceWords: Readonly<Record<Source, string>> = {
  segment: 'from the list', audience: 'was written to', opened: 'opened', clicked: 'clicked', goal: 'reached a goal', order: 'ordered',
};
/** The ways in that an activity opens. */
export const guestSources: readonly Source[] = ['audience', 'opened', 'clicked', 'goal', 'order'];

export type PeopleFilter = Partial<Record<'side' | 'stratum' | 'source' | 'activity' | 'present', readonly string[]>>;

/** The people of a campaign behind a figure. */
export const peopleOf = (campaign: Pick<Campaign, 'id'>, filter: PeopleFilter): string => `${paths.campaign(campaign.id)}?tab=audience&filter=${encodeURIComponent(JSON.stringify(filter))}#people`;

/** Nobody is in before the start. */
export const hasBegun = (campaign: Pick<Campaign, 'state'>): boolean => campaign.state === 'active' || campaign.state === 'completed';

/** What is wanted of a control group, saved or not. */
export interface Wanted { percent: number | string; cap: number | null; strata: readonly StratumField[] }
/** What a reader supposes: the usual rate, and the change they want to be able to see; both shares from 0 to 1. */
export interface Supposed { rate: number | null; lift: number | null }

/** What a control group would be with these settings; asked again while somebody types. */
export function usePower(campaign: Campaign, wanted: Wanted, supposed: Supposed, enabled = true) {
  const { percent, cap, strata } = wanted, { rate, lift } = supposed;
  const body = useMemo(() => ({
    database_id: campaign.database_id, segment_id: campaign.segment_id, percent: Number(percent), cap, strata: [...strata],
    ...(rate === null ? {} : { rate }), ...(lift === null ? {} : { lift }),
  }), [campaign.database_id, campaign.segment_id, percent, cap, strata, rate, lift]);
  const [asked] = useDebouncedValue(body, 400);
  return useQuery({
    queryKey: ['campaigns', campaign.id, 'power', asked], enabled: enabled && percentFits(asked.percent) && isComplete(asked.strata), placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }): Promise<StrataPlan> => ok(api.POST('/api/v1/campaigns/power', { body: asked, signal })),
  });
}

/** The people kept back as they are, with what could be seen by them. */
export function usePlan(campaign: Campaign, supposed: Supposed = { rate: null, lift: null }, enabled = true) {
  const { rate, lift } = supposed;
  const [asked] = useDebouncedValue(useMemo(() => ({ ...(rate === null ? {} : { rate }), ...(lift === null ? {} : { lift }) }), [rate, lift]), 400);
  return useQuery({
    queryKey: ['campaigns', campaign.id, 'strata', campaign.version, campaign.audience, asked], enabled, placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }): Promise<StrataPlan> => ok(api.GET('/api/v1/campaigns/{campaign_id}/strata', { params: { path: { campaign_id: campaign.id }, query: asked }, signal })),
  });
}
