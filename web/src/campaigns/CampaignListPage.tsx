import { Group, Stack, Text } from '@mantine/core';
import { IconArchive, IconFlag, IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases, type Database } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, failToast, FirstUse, formatCount, ListPage, MenuActions, NO_VALUE, Num, paths, StateBadge, SumBar, TagList, Time, undoToast, useListState, type BulkAction, type Column } from '@/kit';
import { tagFilter } from '@/segments/tagging';
import { states, useCampaignTags, type Campaign } from './model';
import { useShelf } from './useShelf';

const ANY = 'all';
const begun = (c: Campaign) => c.state !== 'draft';

const columnsOf = (databases: readonly Database[], actions: (c: Campaign) => ReactNode): Column<Campaign>[] => [
  { key: 'name', header: 'Campaign', sort: 'name', cell: (c) => c.name },
  { key: 'state', header: 'State', sort: 'state', priority: 1, cell: (c) => <StateBadge state={c.state} size="sm" /> },
  { key: 'audience', header: 'People', sort: 'audience', align: 'right', priority: 2, cell: (c) => (begun(c) ? <Num value={c.audience} /> : NO_VALUE) },
  { key: 'control', header: 'Kept back', align: 'right', priority: 3, cell: (c) => (!c.control ? 'nobody' : begun(c) ? <Num value={c.control_size} /> : `${c.control.percent} %`) },
  { key: 'activities', header: 'Activities', align: 'right', priority: 3, cell: (c) => <Num value={c.activities} /> },
  { key: 'segment', header: 'List', priority: 2, cell: (c) => c.segment_name },
  { key: 'started_at', header: 'Started', sort: 'started_at', priority: 3, cell: (c) => <span style={{ whiteSpace: 'nowrap' }}><Time value={c.started_at} none="not started" /></span> },
  { key: 'completed_at', header: 'Completed', priority: 3, hidden: true, cell: (c) => <Time value={c.completed_at} /> },
  { key: 'updated_at', header: 'Changed', sort: 'updated_at', priority: 3, hidden: true, cell: (c) => <Time value={c.updated_at} /> },
  { key: 'tags', header: 'Tags', priority: 2, width: 150, cell: (c) => <TagList narrow tags={c.tags} /> },
  { key: 'database', header: 'Database', priority: 3, hidden: true, cell: (c) => databases.find((d) => d.id === c.database_id)?.name ?? NO_VALUE },
  { key: 'description', header: 'Description', priority: 3, hidden: true, cell: (c) => c.description },
  { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: actions },
];

/** What a report says in the end, at the size of a picture. */
function Example() {
  return (
    <Stack gap="xs" p="sm" style={{ border: '1px solid var(--fd-hairline)', borderRadius: 10 }} ta="left" w="100%" maw={480}>
      <Group gap="xs" justify="space-between"><Text fw={550}>Winter campaign</Text><StateBadge state="active" size="sm" /></Group>
      <SumBar label="People of the example" parts={[{ label: 'can get it', value: 12_160, tone: 'fjord' }, { label: 'kept back', value: 640, control: true }]} total="12,800 people" />
      <Text size="xs" c="dimmed">9.2 % of those who could get it bought, 6.4 % of those kept back: between 0.6 and 4.5 points more.</Text>
    </Stack>
  );
}

/** The campaigns of the database at hand, or of another. */
export function CampaignListPage() {
  const state = useListState({ defaultSort: '-created_at' });
  const databases = useDatabases() ?? [], here = useDatabase();
  const canCreate = useCan('campaigns:create'), canDelete = useCan('campaigns:delete');
  const { archived, database: chosen, ...params } = state.params, old = archived === 'yes';
  const databaseId = chosen === ANY ? undefined : Number(chosen ?? here?.id ?? 0) || undefined;
  const tags = useCampaignTags(databaseId);
  const shelf = useShelf();
  const query = useList<Campaign>(['campaigns', 'list', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/campaigns', {
    params: { query: { ...params, ...(old ? { archived: true } : {}), ...(databaseId ? { database: databaseId } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal,
  })), { unsettled: (c) => c.state === 'building' });
  const restore = useAction({ refresh: [['campaigns']], run: (ids: number[], { headers }) => Promise.all(ids.map((id) => ok(api.POST('/api/v1/campaigns/{campaign_id}/restore', { params: { path: { campaign_id: id } }, headers: { 'Idempotency-Key': `${headers['Idempotency-Key']}-${id}` } })))) });
  const archive = useAction({ refresh: [['campaigns']], run: (ids: number[]) => Promise.allSettled(ids.map((id) => ok(api.DELETE('/api/v1/campaigns/{campaign_id}', { params: { path: { campaign_id: id } } })))) });
  const bulk: BulkAction = {
    label: (n) => `Archive ${n} ${n === '1' ? 'campaign' : 'campaigns'}`, icon: <IconArchive size={16} />, pageOnly: true,
    run: async ({ ids }) => {
      const all = ids.map(Number);
      const ends = await archive.mutateAsync(all);
      const done = all.filter((_, i) => ends[i]?.status === 'fulfilled');
      if (done.length > 0) undoToast(done.length === 1 ? 'Campaign archived' : `${done.length} campaigns archived`, () => restore.mutateAsync(done));
      for (const end of ends) if (end.status === 'rejected') failToast(end.reason); // one that runs says so
    },
  };
  const actions = (c: Campaign) => (
    <span data-above><MenuActions label={`Actions for ${c.name}`} actions={[
      ...(canCreate && !old ? [{ label: 'Clone…', href: `${paths.campaign(c.id)}?drawer=clone` }] : []),
      ...(canDelete && old ? [{ label: 'Restore', onClick: () => { shelf.restore(c); } }] : []),
      ...(canDelete && !old && c.state !== 'active' && c.state !== 'building' ? [{ label: 'Archive', danger: true, onClick: () => { shelf.archive(c); } }] : []),
    ]} /></span>
  );
  const add = canCreate ? { label: 'New campaign', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.campaignNew() } : undefined;
  const total = query.data?.pages[0]?.total;
  const where = databaseId === undefined ? databases.length > 1 ? 'all databases' : undefined : databases.find((d) => d.id === databaseId)?.name;
  return (
    <ListPage<Campaign> name="campaigns" title="Campaigns" noun={{ one: 'campaign', many: 'campaigns' }} query={query} state={state} columns={columnsOf(databases, actions)} rowKey={(c) => c.id} rowLabel={(c) => c.name} rowHref={(c) => paths.campaign(c.id)}
      searchLabel="Search name or description" primary={add} facts={[typeof total === 'number' && total > 0 && !state.narrowed && formatCount(total, 'campaign', 'campaigns'), where]} bulk={canDelete && !old ? [bulk] : []}
      filters={[
        { key: 'state', label: 'State', multiple: true, options: states }, ...tagFilter(tags, state.filter.tag),
        ...(databases.length > 1 ? [{ key: 'database', label: 'Database', options: [{ value: ANY, label: 'All databases' }, ...databases.map((d) => ({ value: String(d.id), label: d.name }))] }] : []),
        { key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] },
      ]}
      help={{ text: 'A campaign holds everything of one initiative: who takes part, what they get, who is kept back for comparison, and what it changed. Mailings are made inside it or attached.', guide: 'campaigns', api: '/campaigns' }}
      empty={<FirstUse icon={IconFlag} title="See what a campaign really changes" primary={add} example={<Example />}
        text={<>Choose a list of people, keep a few of them back by chance, send the rest what you like. The report says whether it made a difference, and how sure that is. A single mailing needs no campaign: <AppLink href={paths.mailingNew()}>send one</AppLink>.</>} />} />
  );
}
