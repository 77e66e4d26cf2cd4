import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';

type Schemas = components['schemas'];
export type Campaign = Schemas['Campaign'];
export type CampaignRun = Schemas['CampaignRun'];
export type StrataPlan = Schemas['StrataPlan'];
export type CampaignState = Campaign['state'];

export const states: readonly { value: CampaignState; label: string }[] = [
  { value: 'draft', label: 'Draft' }, { value: 'building', label: 'Building' }, { value: 'active', label: 'Active' }, { value: 'completed', label: 'Completed' },
];

/** What can still be changed: neither over nor put away. */
export const isOpen = (campaign: Campaign): boolean => campaign.state !== 'completed' && campaign.archived_at === null;

/** The campaign, asked for again while its people are being split, and now and then while it runs. */
export function useCampaign(id: number, enabled = true) {
  return useQuery({
    queryKey: ['campaigns', id], enabled,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}', { params: { path: { campaign_id: id } }, signal })),
    refetchInterval: (query) => {
      const found = query.state.data;
      return found && (found.open_run || found.state === 'building') ? 1500 : found?.state === 'active' ? 15_000 : false;
    },
  });
}

/** The tags that campaigns carry, with how many carry each. */
export function useCampaignTags(databaseId: number | undefined) {
  return useQuery({
    queryKey: ['campaigns', 'tags', databaseId], staleTime: 30_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/campaigns/tags', { params: { query: databaseId === undefined ? {} : { database: databaseId } }, signal })),
  }).data?.items ?? [];
}

/** Campaigns by name, for those who may see them; undefined while nobody knows. */
export function useCampaignNames(databaseId: number | undefined): readonly Pick<Campaign, 'id' | 'name' | 'state'>[] | undefined {
  const can = useCan('campaigns:read');
  const found = useQuery({
    queryKey: ['campaigns', 'choice', databaseId], enabled: can && databaseId !== undefined, staleTime: 30_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/campaigns', { params: { query: { limit: 1000, database: databaseId ?? 0 } }, signal })),
  }).data?.items;
  return can ? found : [];
}
