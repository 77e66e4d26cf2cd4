import { Stack, Text } from '@mantine/core';
import { useCan } from '@/api/session';
import { AppLink, formatCount, Loaded, paths, Section, SumBar, Term } from '@/kit';
import { PeopleCount } from '@/profiles/figures';
import type { Campaign } from '../model';
import { hasBegun, peopleOf, usePlan, type PeopleFilter } from './model';

/** Who would be in if it were started now. */
function Coming({ campaign }: { campaign: Campaign }) {
  const query = usePlan(campaign);
  return (
    <Loaded query={query} what="how many people there are">
      {({ people, control, withheld }) => (
        <>
          {!campaign.control ? <Text><strong>{formatCount(people, 'person', 'people')}</strong> would be in.</Text> : <SumBar label="People who would be in" total={formatCount(people, 'person', 'people')} parts={[
            { label: 'would be in the test group', value: people - control, tone: 'fjord' }, { label: 'would be kept back', value: control, control: true },
          ]} />}
          <Text size="xs" c="dimmed">As the list stands now; people come in{campaign.control ? ' and get their side' : ''} when the campaign starts.{withheld > 0 && ` The global control group keeps ${formatCount(withheld, 'more person', 'more people')} of the list out.`}</Text>
        </>
      )}
    </Loaded>
  );
}

/** Who is in, and on which side; each figure opens its people. */
function Present({ campaign }: { campaign: Campaign }) {
  const sees = useCan('profiles:read');
  const opens = (filter: PeopleFilter, value: number) => (sees && value > 0 ? { href: peopleOf(campaign, { ...filter, present: ['yes'] }) } : {});
  const counted = (figure: string, value: number, label: string) => <PeopleCount databaseId={campaign.database_id} figure={`campaign:${campaign.id}:${figure}`} value={value} label={label} />;
  const over = campaign.state === 'completed', divided = campaign.control !== null || campaign.control_size > 0;
  return (
    <>
      {!divided ? <Text><strong>{counted('audience', campaign.audience, 'in the campaign')}</strong> {campaign.audience === 1 ? 'person' : 'people'} {over ? 'were in at the end' : 'in the campaign'}; nobody is kept back.</Text> : <SumBar label={over ? 'People who were in at the end' : 'People who are in'} total={formatCount(campaign.audience, 'person', 'people')} parts={[
        { label: 'in the test group', value: campaign.test, tone: 'fjord', ...opens({ side: ['test'] }, campaign.test) }, { label: 'kept back', value: campaign.control_size, control: true, ...opens({ side: ['control'] }, campaign.control_size) },
      ]} />}
      {campaign.guests > 0 && <Text>{counted('guests', campaign.guests, 'came in by an activity')} of them came in by an activity, the others from the list.</Text>}
      {campaign.withheld > 0 && (
        <Text>{counted('withheld', campaign.withheld, 'kept out by the global control group')} {campaign.withheld === 1 ? 'person is' : 'people are'} kept out by the <Term meaning="The global control group of a database gets no messages at all, so its people are in no campaign either.">global control group</Term> and not counted here.</Text>
      )}
    </>
  );
}

/** The audience of a campaign at a glance: test group + control group, guests, and whom the global group keeps out. */
export function AudienceSummary({ campaign }: { campaign: Campaign }) {
  return (
    <Section title="Audience" text={<>The people of <AppLink href={paths.segment(campaign.segment_id)}>{campaign.segment_name}</AppLink>, a static list that stays the campaign’s own.</>}>
      <Stack gap="xs">{hasBegun(campaign) ? <Present campaign={campaign} /> : <Coming campaign={campaign} />}</Stack>
    </Section>
  );
}
