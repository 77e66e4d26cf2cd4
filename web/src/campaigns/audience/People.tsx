import { Title } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, formatDay, ListView, NO_VALUE, paths, ToneBadge, useListState, type Column, type FilterDef } from '@/kit';
import { nameOf } from '@/profiles/model';
import { useActivities, type CampaignActivity } from '../activities/model';
import type { Campaign } from '../model';
import { guestSources, sourceWords, usePlan, type CampaignMember } from './model';

const person = (m: CampaignMember) => nameOf({ ...m.profile, id: m.profile_id });
const email = (m: CampaignMember) => (typeof m.profile.email === 'string' && m.profile.email !== '' ? m.profile.email : NO_VALUE);

/** "clicked Autumn sale", "from the list" */
export function wayWords(m: Pick<CampaignMember, 'source' | 'activity'>, activities: readonly Pick<CampaignActivity, 'id' | 'name'>[]): string {
  if (m.source === null) return NO_VALUE;
  const name = m.activity ? activities.find((a) => a.id === m.activity)?.name ?? 'an activity that is gone' : '';
  return name ? `${m.source === 'audience' ? 'was sent' : sourceWords[m.source]} ${name}` : sourceWords[m.source];
}

const sideBadge = (m: CampaignMember) => <ToneBadge tone={m.side === 'control' ? 'gray' : 'fjord'}>{m.side === 'control' ? 'control group' : 'test group'}</ToneBadge>;

const nowWords = (campaign: Campaign) => (campaign.state === 'completed' ? 'In at the end' : 'In now');

const columnsOf = (activities: readonly CampaignActivity[], divided: boolean, now: string): Column<CampaignMember>[] => [
  { key: 'name', header: 'Person', cell: person },
  { key: 'email', header: 'E-mail', priority: 3, cell: email },
  { key: 'side', header: 'Side', priority: 1, cell: sideBadge },
  ...(divided ? [{ key: 'stratum', header: 'Stratum', priority: 2 as const, cell: (m: CampaignMember) => m.stratum ?? NO_VALUE }] : []),
  { key: 'source', header: 'How they came in', priority: 2, cell: (m) => wayWords(m, activities) },
  { key: 'entered', header: 'Since', priority: 3, cell: (m) => formatDay(m.entered_on) },
  { key: 'present', header: now, priority: 3, cell: (m) => (m.present ? 'yes' : 'left') },
];

function useFilters(campaign: Campaign, activities: readonly CampaignActivity[]): { filters: FilterDef[]; divided: boolean } {
  const parts = usePlan(campaign).data?.parts ?? [];
  const divided = parts.length > 1;
  const brought = activities.filter((a) => a.brought > 0);
  return {
    divided,
    filters: [
      ...(campaign.control || campaign.control_size > 0 ? [{ key: 'side', label: 'Side', options: [{ value: 'test', label: 'Test group' }, { value: 'control', label: 'Control group' }] }] : []),
      ...(divided ? [{ key: 'stratum', label: 'Stratum', options: parts.map((p) => ({ value: p.key, label: p.label, count: p.people })) }] : []),
      { key: 'source', label: 'How they came in', multiple: true, options: (['segment', ...guestSources] as const).map((s) => ({ value: s, label: sourceWords[s] })) },
      ...(brought.length > 0 ? [{ key: 'activity', label: 'Brought by', options: brought.map((a) => ({ value: String(a.id), label: a.name, count: a.brought })) }] : []),
      { key: 'present', label: nowWords(campaign), options: [{ value: 'yes', label: nowWords(campaign) }, { value: 'no', label: 'Left before' }] },
    ],
  };
}

/** Everybody who was ever given a side: on which side, in which stratum, and how they came in. */
export function People({ campaign }: { campaign: Campaign }) {
  const state = useListState();
  const activities = useActivities(campaign).data?.items ?? [];
  const { filters, divided } = useFilters(campaign, activities);
  const { activity, present, ...rest } = state.params;
  const asked = { ...rest, ...(activity ? { activity: Number(activity.split(',')[0]) } : {}), ...(present ? { present: present.startsWith('yes') } : {}), columns: 'first_name,last_name,email' };
  const query = useList<CampaignMember>(['campaigns', campaign.id, 'audience', campaign.audience, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}/audience', {
    params: { path: { campaign_id: campaign.id }, query: { ...asked, limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  return (
    <section id="people" aria-label="People">
      <Title order={2} size="h3" mb="sm">People</Title>
      <ListView<CampaignMember> name="campaign.people" query={query} state={state} columns={columnsOf(activities, divided, nowWords(campaign))} rowKey={(m) => m.profile_id} rowLabel={person} rowHref={(m) => paths.profile(campaign.database_id, m.profile_id)}
        noun={{ one: 'person', many: 'people' }} searchLabel="Search name, e-mail or id" filters={filters} empty={<AllDone>Nobody is in the campaign yet.</AllDone>} />
    </section>
  );
}
