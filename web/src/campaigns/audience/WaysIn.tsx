import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { AppLink, Loaded, Num, paths, Section, SmallTable, type Column } from '@/kit';
import { keyOf, useActivities, widenings, type CampaignActivity } from '../activities/model';
import type { Campaign } from '../model';
import { peopleOf } from './model';

interface Way { key: string; name: string; href: string; how: string; people: number | undefined; opens: string }

const columns: Column<Way>[] = [
  { key: 'name', header: 'By', cell: (w) => <AppLink href={w.href}>{w.name}</AppLink> },
  { key: 'how', header: 'Who', priority: 2, cell: (w) => w.how },
  { key: 'people', header: 'People', align: 'right', priority: 1, cell: (w) => (w.people ? <AppLink href={w.opens}><Num value={w.people} /></AppLink> : <Num value={w.people} />) },
];

const howOf = (a: CampaignActivity) => widenings.filter((w) => a.widens.includes(w.value)).map((w) => w.label).join(', ') || 'widens no more';

/** How people came in: by the list, and by each activity that widens the audience. */
export function WaysIn({ campaign }: { campaign: Campaign }) {
  const query = useActivities(campaign);
  const sees = useCan('profiles:read');
  const listed = useQuery({
    queryKey: ['campaigns', campaign.id, 'audience', 'listed', campaign.audience], enabled: sees,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}/audience', { params: { path: { campaign_id: campaign.id }, query: { source: 'segment', limit: 1 } }, signal })),
  });
  return (
    <Section title="Ways in" text="By what people came in first. Who came by an activity got a side at once, like everybody else.">
      <Loaded query={query} what="the activities">
        {({ items }) => {
          const ways = items.filter((a) => a.widens.length > 0 || a.brought > 0).map((a): Way => ({
            key: keyOf(a), name: a.name, href: paths.mailing(a.id), how: howOf(a), people: a.brought, opens: peopleOf(campaign, { activity: [String(a.id)] }),
          }));
          const list: Way = { key: 'list', name: campaign.segment_name, href: paths.segment(campaign.segment_id), how: 'whoever is on the list', people: listed.data?.total ?? undefined, opens: peopleOf(campaign, { source: ['segment'] }) };
          return <SmallTable label="People by way in" columns={columns} rows={[list, ...ways]} rowKey={(w) => w.key} />;
        }}
      </Loaded>
    </Section>
  );
}
