import { Alert, NumberInput, Select, Stack, Switch, Text, TextInput, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useChooseDatabase, useDatabase, useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppForm, formatCount, formatNumber, Loaded, NeedDatabase, NeedRight, Page, paths, Section, TagsField, Term, useAnnounce, useAppForm, useGo, useSearchParam } from '@/kit';
import { seenWords } from './audience/PowerHint';
import { SegmentChoice } from './SegmentChoice';
import { useCampaignTags } from './model';

interface Values extends Record<string, unknown> { database: string; segment: string | null; name: string; description: string; tags: string[]; keep: boolean; percent: number | string }

const crumbs = [{ label: 'Campaigns', href: paths.campaigns() }];
const SUGGESTED = 5;
const share = (v: Pick<Values, 'percent'>) => Number(v.percent);
const sensible = (v: Pick<Values, 'percent'>) => v.percent !== '' && share(v) > 0 && share(v) < 100;

const check = (v: Values) => ({
  segment: v.segment ? null : 'Choose the list of people it is for',
  name: v.name.trim() ? null : 'Enter a name for the campaign',
  percent: v.keep && !sensible(v) ? 'Keep back more than 0 % and less than 100 %' : null,
});

/** How many the share would be, and what a group of that size can show. */
function Outlook({ databaseId, segmentId, percent }: { databaseId: number; segmentId: number; percent: number }) {
  const [asked] = useDebouncedValue(percent, 400);
  const query = useQuery({
    queryKey: ['campaigns', 'power', databaseId, segmentId, asked], placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/campaigns/power', { body: { database_id: databaseId, segment_id: segmentId, percent: asked, cap: null, strata: [] }, signal })),
  });
  useAnnounce(query.data && `${formatCount(query.data.control, 'person is', 'people are')} kept back`);
  return (
    <Loaded query={query} what="how many would be kept back">
      {(plan) => (
        <div>
          <Text><strong>{formatCount(plan.control, 'person is', 'people are')} kept back</strong>, {formatNumber(plan.people - plan.control)} can get what the campaign sends.</Text>
          <Text size="xs" c="dimmed">{seenWords(plan)}</Text>
          {plan.warnings.map((w) => <Alert key={w.message} color="marigold" mt="xs">{w.message}</Alert>)}
        </div>
      )}
    </Loaded>
  );
}

/** Begins a campaign: first for whom, which is fixed from then on; then what it is called and how many are kept back. */
export function CampaignNewPage() {
  const here = useDatabase(), databases = useDatabases() ?? [];
  const choose = useChooseDatabase();
  const can = useCan('campaigns:create');
  const go = useGo();
  const [wanted] = useSearchParam('segment');
  const form = useAppForm<Values>({
    initialValues: { database: '', segment: wanted ?? null, name: '', description: '', tags: [], keep: true, percent: SUGGESTED },
    check, paths: { database_id: 'database', segment_id: 'segment', 'control.percent': 'percent' },
  });
  const { values } = form.form;
  const database = databases.find((d) => String(d.id) === values.database) ?? here;
  const tags = useCampaignTags(database?.id);
  const save = useAction({
    refresh: [['campaigns']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/campaigns', {
      body: { name: v.name.trim(), database_id: database?.id ?? 0, segment_id: Number(v.segment), description: v.description.trim(), tags: v.tags, control: v.keep ? { percent: share(v), cap: null, strata: [] } : null }, headers,
    })),
  });
  if (!can) return <NeedRight title="New campaign" crumbs={crumbs} what="make campaigns" right="campaigns:create" />;
  if (!database) return <NeedDatabase title="New campaign" crumbs={crumbs} why="A campaign is for people of a database." />;
  return (
    <Page title="New campaign" crumbs={crumbs} facts={[databases.length === 1 && `in ${database.name}`]} width="form"
      help={{ text: 'Database and list are chosen once, because everybody on the list is put on one side of the comparison for good. The rest can be changed until the campaign starts.', guide: 'campaigns' }}>
      <AppForm state={form} mode="create" saveLabel="Make campaign" draftKey="campaign.new" onCancel={() => { go(paths.campaigns()); }} onSave={async (v) => { const made = await save.mutateAsync(v); choose(made.database_id); go(paths.campaign(made.id)); }}>
        <Section title="Who takes part" text="Database and list stay as they are chosen here. People who come to the list later join the campaign too.">
          <Stack gap="sm">
            {databases.length > 1 && <Select label="Database" allowDeselect={false} data={databases.map((d) => ({ value: String(d.id), label: d.name }))} value={String(database.id)} onChange={(id) => { form.form.setFieldValue('database', id ?? ''); form.form.setFieldValue('segment', null); }} />}
            <SegmentChoice key={database.id} databaseId={database.id} value={values.segment} error={typeof form.form.errors.segment === 'string' ? form.form.errors.segment : undefined} onChange={(id) => { form.form.setFieldValue('segment', id); form.form.clearFieldError('segment'); }} />
          </Stack>
        </Section>
        <Section title="What it is called">
          <TextInput label="Name" description="People do not see it" {...form.form.getInputProps('name')} />
          <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
          <TagsField description="Words to find it by, up to 20" known={tags.map((t) => t.name)} value={values.tags} error={form.form.errors.tags} onChange={(names) => { form.form.setFieldValue('tags', names); }} />
        </Section>
        <Section title="Who is kept back" text={<>A <Term meaning="People of the campaign, drawn by chance, who get nothing from it. What they buy all the same is what the others are compared with.">control group</Term> gets nothing from the campaign, so that the report can tell what the campaign changed.</>}>
          <Stack gap="sm">
            <Switch label="Keep people back for comparison" {...form.form.getInputProps('keep', { type: 'checkbox' })} />
            {values.keep ? <NumberInput label="Keep back" description="Five percent is a good start" suffix=" %" min={0} max={100} decimalScale={4} step={0.5} w={180} {...form.form.getInputProps('percent')} />
              : <Text c="dimmed">Without a control group you see what people did, not what the campaign changed.</Text>}
            {values.keep && values.segment !== null && sensible(values) && <Outlook databaseId={database.id} segmentId={Number(values.segment)} percent={share(values)} />}
            {values.keep && <Text size="xs" c="dimmed">Both sides can be balanced by fields, such as income or city, on the campaign's page before it starts.</Text>}
          </Stack>
        </Section>
      </AppForm>
    </Page>
  );
}
