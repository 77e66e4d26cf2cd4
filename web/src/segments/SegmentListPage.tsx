import { Code, Group, Stack, Text } from '@mantine/core';
import { IconArchive, IconCirclesRelation, IconPlus, IconSparkles, IconTransferIn } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { failToast, FirstUse, formatCount, ListPage, paths, TagList, Time, ToneBadge, undoToast, useGo, useListState, type BulkAction, type Column } from '@/kit';
import { SizeCell } from './SizeCell';
import { tagFilter, useSegmentTags, useTagging } from './tagging';
import { kindOf, kinds, MOST_COMPARED, type Segment } from './model';

const columns: Column<Segment>[] = [
  { key: 'name', header: 'Segment', sort: 'name', cell: (s) => s.name },
  { key: 'type', header: 'Kind', priority: 2, cell: (s) => { const kind = kindOf(s.type); return <ToneBadge tone={kind.tone} icon={kind.icon}>{kind.label}</ToneBadge>; } },
  { key: 'size', header: 'People', sort: 'size', align: 'right', priority: 1, cell: (s) => <SizeCell segment={s} /> },
  { key: 'calculated_at', header: 'As of', sort: 'calculated_at', priority: 2, cell: (s) => <span style={{ whiteSpace: 'nowrap' }}><Time value={s.calculated_at} none="not counted yet" /></span> },
  { key: 'next_run_at', header: 'Next run', priority: 3, cell: (s) => <Time value={s.next_run_at} /> },
  { key: 'updated_at', header: 'Changed', sort: 'updated_at', priority: 3, cell: (s) => <Time value={s.updated_at} /> },
  { key: 'tags', header: 'Tags', priority: 2, cell: (s) => <TagList narrow tags={s.tags} /> },
  { key: 'description', header: 'Description', priority: 3, hidden: true, cell: (s) => s.description },
];

function useArchive(): BulkAction {
  const restore = useAction({ refresh: [['segments']], run: (ids: number[], { headers }) => Promise.all(ids.map((id) => ok(api.POST('/api/v1/segments/{segment_id}/restore', { params: { path: { segment_id: id } }, headers: { 'Idempotency-Key': `${headers['Idempotency-Key']}-${id}` } })))) });
  const archive = useAction({ refresh: [['segments']], run: (ids: number[], { headers }) => Promise.allSettled(ids.map((id) => ok(api.DELETE('/api/v1/segments/{segment_id}', { params: { path: { segment_id: id } }, headers })))) });
  return {
    label: (n) => `Archive ${n} ${n === '1' ? 'segment' : 'segments'}`, icon: <IconArchive size={16} />, pageOnly: true,
    run: async ({ ids }) => {
      const all = ids.map(Number);
      const ends = await archive.mutateAsync(all);
      const done = all.filter((_, i) => ends[i]?.status === 'fulfilled');
      if (done.length > 0) undoToast(done.length === 1 ? 'Segment archived' : `${done.length} segments archived`, () => restore.mutateAsync(done));
      for (const end of ends) if (end.status === 'rejected') failToast(end.reason); // one that is used says by what
    },
  };
}

function Example() {
  return (
    <Stack gap={4} p="sm" style={{ border: '1px solid var(--fd-hairline)', borderRadius: 10 }} ta="left" w="100%" maw={480}>
      <Group gap="xs" justify="space-between"><Text><b>Order</b> at least 3 times in the last 365 days</Text><Text className="fd-num">1,840</Text></Group>
      <Group gap="xs" justify="space-between"><Text><b>City</b> is one of Oslo, Bergen</Text><Text className="fd-num">934</Text></Group>
      <Group gap="xs" justify="space-between"><Text>without <b>Order</b> in the last 60 days</Text><Text className="fd-num">371</Text></Group>
    </Stack>
  );
}

/** The segments of the database at hand. */
export function SegmentListPage() {
  const state = useListState({ defaultSort: 'name' });
  const database = useDatabase();
  const canCreate = useCan('segments:create'), canArchive = useCan('segments:delete'), canUpdate = useCan('segments:update');
  const archive = useArchive();
  const tags = useSegmentTags(database?.id);
  const tagging = useTagging(tags.map((t) => t.name));
  const go = useGo();
  const compare: BulkAction = {
    label: (n) => `Compare ${n} ${n === '1' ? 'segment' : 'segments'}`, icon: <IconCirclesRelation size={16} />, pageOnly: true,
    run: ({ ids }) => { go(`${paths.segmentCompare()}?ids=${ids.join(',')}`); },
    refusal: ({ ids }) => (ids.length > MOST_COMPARED ? `${MOST_COMPARED} segments at most can be compared: take ${ids.length - MOST_COMPARED} out` : null),
  };
  const { archived, ...params } = state.params;
  const query = useList<Segment>(['segments', 'list', database?.id, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/segments', {
    params: { query: { ...params, ...(archived === 'yes' ? { archived: true } : {}), ...(database ? { database: database.id } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const add = canCreate ? { label: 'New segment', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.segmentNew() } : undefined;
  const example = canCreate ? { label: 'Open an example', icon: <IconSparkles size={16} />, href: `${paths.segmentNew()}?type=dynamic&start=lapsed` } : undefined;
  const total = query.data?.pages[0]?.total;
  return (
    <>
    <ListPage<Segment> name="segments" title="Segments" noun={{ one: 'segment', many: 'segments' }} query={query} state={state} columns={columns} rowKey={(s) => s.id} rowLabel={(s) => s.name} rowHref={(s) => paths.segment(s.id)}
      searchLabel="Search name or description" primary={add} menu={[{ label: 'Compare segments', icon: <IconCirclesRelation size={16} />, href: paths.segmentCompare() }, ...(canCreate ? [{ label: 'Take over segments of another platform', icon: <IconTransferIn size={16} />, href: paths.segmentImport() }] : [])]} facts={[total !== undefined && total !== null && !state.narrowed && formatCount(total, 'segment', 'segments'), database?.name]}
      filters={[{ key: 'type', label: 'Kind', options: kinds.map((k) => ({ value: k.value, label: k.label })) }, ...tagFilter(tags, state.filter.tag), { key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]}
      bulk={[...(archived !== 'yes' ? [compare] : []), ...(canUpdate && archived !== 'yes' ? [tagging.action] : []), ...(canArchive && archived !== 'yes' ? [archive] : [])]}
      help={{ text: 'A segment is a group of people: by rules, or as a list. Sizes show when they were counted. Open one to see its people, or edit its rules and watch the size change.', api: '/segments' }}
      empty={<FirstUse icon={IconCirclesRelation} title="Find the right people" primary={add} secondary={example} example={<Example />}
        text={<>A segment is a rule such as <Code>bought coffee, not for 60 days</Code>, or a list. You see its size while you build.</>} />} />
    {tagging.dialog}
    </>
  );
}
