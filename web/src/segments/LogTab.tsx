import { Button, List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { Database } from '@/api/database';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { AllDone, AppLink, formatNumber, ListView, Loaded, Num, paths, SideDrawer, Time, useDrawer, useListState, type Column } from '@/kit';
import { PeopleCount } from '@/profiles/figures';
import type { Member, SegmentDetail } from './model';
import { cellText } from './PreviewTable';

type Entry = components['schemas']['SegmentLogEntry'];
const words: Readonly<Record<Entry['action'], string>> = { add: 'Added', remove: 'Taken out', fill: 'Filled by rules', clear: 'Emptied' };

function People({ segment, log }: { segment: SegmentDetail; log: number }) {
  const query = useQuery({
    queryKey: ['segments', segment.id, 'log', log],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments/{segment_id}/members', { params: { path: { segment_id: segment.id }, query: { log, limit: 200, columns: 'email,first_name,last_name' } }, signal })),
  });
  return (
    <Loaded query={query} what="the people of this change">
      {({ items, total }) => (
        <>
          <List size="sm" listStyleType="none" withPadding={false}>{(items as Member[]).map((m) => <List.Item key={m.profile_id}><AppLink href={paths.profile(segment.database_id, m.profile_id)}>{[m.first_name, m.last_name].filter(Boolean).join(' ') || cellText(m.email ?? m.profile_id)}</AppLink></List.Item>)}</List>
          {typeof total === 'number' && total > items.length && <Text c="dimmed" mt="sm">The first {items.length} of <AppLink href={paths.figure(segment.database_id, `segment:${segment.id}:log:${log}`)}>{formatNumber(total)}</AppLink></Text>}
        </>
      )}
    </Loaded>
  );
}

/** The people of a change in which everybody came, or everybody went; one that did both shows them in its drawer. */
const people = (segment: SegmentDetail, e: Entry, which: 'entered' | 'left') => (
  <PeopleCount databaseId={segment.database_id} figure={`segment:${segment.id}:log:${e.id}`} value={e[which]} label={which} unknown={e.entered > 0 && e.left > 0} />
);

/** Who changed the list, when, and by how many; each row opens the people. */
export function LogTab({ segment }: { segment: SegmentDetail; database: Database | undefined }) {
  const state = useListState();
  const drawer = useDrawer('change');
  const query = useList<Entry>(['segments', segment.id, 'log'], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/segments/{segment_id}/log', { params: { path: { segment_id: segment.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns: Column<Entry>[] = [
    { key: 'at', header: 'When', cell: (e) => <Time value={e.at} mode="absolute" /> },
    { key: 'what', header: 'What', priority: 1, cell: (e) => `${words[e.action]}${e.note ? ` · ${e.note}` : ''}` },
    { key: 'entered', header: 'Entered', align: 'right', priority: 2, cell: (e) => people(segment, e, 'entered') },
    { key: 'left', header: 'Left', align: 'right', priority: 2, cell: (e) => people(segment, e, 'left') },
    { key: 'size', header: 'Size after', align: 'right', priority: 3, cell: (e) => <Num value={e.size} /> },
    { key: 'who', header: 'Who', priority: 2, cell: (e) => e.actor || e.source },
    { key: 'people', header: 'People', align: 'right', priority: 3, cell: (e) => <Button size="compact-xs" variant="subtle" color="fjord" aria-label={`Show the people of change ${e.id}`} onClick={() => { drawer.open(e.id); }}>Show</Button> },
  ];
  return (
    <>
      <ListView<Entry> name="segment.log" query={query} state={state} columns={columns} rowKey={(e) => e.id} rowLabel={(e) => `Change ${e.id}`} noun={{ one: 'change', many: 'changes' }} searchLabel={null} empty={<AllDone>Nobody was added yet.</AllDone>} />
      <SideDrawer name="change" title="People of this change">{(log) => <People segment={segment} log={Number(log)} />}</SideDrawer>
    </>
  );
}
