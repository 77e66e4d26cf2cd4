import { Stack, Text } from '@mantine/core';
import { IconAward, IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { FirstUse, ListPage, MenuActions, Num, paths, StateBadge, Time, useListState, type Column } from '@/kit';
import { audienceWords, type Program } from './model';
import { useShelf } from './useShelf';

const ANY = 'all';

const columnsOf = (actions: (p: Program) => ReactNode): Column<Program>[] => [
  { key: 'name', header: 'Program', sort: 'name', cell: (p) => p.name },
  { key: 'state', header: 'State', sort: 'state', priority: 1, cell: (p) => <StateBadge state={p.state} size="sm" /> },
  { key: 'audience', header: 'Members', priority: 2, cell: audienceWords },
  { key: 'points', header: 'Kinds of points', align: 'right', priority: 3, cell: (p) => <Num value={p.setup.points} /> },
  { key: 'levels', header: 'Level groups', align: 'right', priority: 3, cell: (p) => <Num value={p.setup.level_groups} /> },
  { key: 'database', header: 'Database', priority: 3, cell: (p) => p.database_name },
  { key: 'activated_at', header: 'Activated', priority: 3, cell: (p) => <Time value={p.activated_at} none="never" /> },
  { key: 'updated_at', header: 'Changed', sort: 'updated_at', priority: 3, hidden: true, cell: (p) => <Time value={p.updated_at} /> },
  { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: actions },
];

function Example() {
  return (
    <Stack gap={4} p="sm" style={{ border: '1px solid var(--fd-hairline)', borderRadius: 10 }} ta="left" w="100%" maw={480}>
      <Text fw={550}>Basic 0 ── Silver 500 ── Gold 1,500</Text>
      <Text size="xs" c="dimmed">100 points earned 16 Nov can be spent from 30 Nov and lapse at the end of 30 Nov next year.</Text>
    </Stack>
  );
}

/** The loyalty programs of the database at hand, or of another. */
export function ProgramListPage() {
  const state = useListState({ defaultSort: '-created_at' });
  const databases = useDatabases() ?? [], here = useDatabase();
  const can = { create: useCan('loyalty:create'), remove: useCan('loyalty:delete') };
  const shelf = useShelf();
  const { archived, database: chosen, ...params } = state.params, old = archived === 'yes';
  const databaseId = chosen === ANY ? undefined : Number(chosen ?? here?.id ?? 0) || undefined;
  const query = useList<Program>(['programs', 'list', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/loyalty/programs', {
    params: { query: { ...params, ...(old ? { archived: true } : {}), ...(databaseId ? { database: databaseId } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const add = can.create ? { label: 'New program', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.programNew() } : undefined;
  const actions = (p: Program) => (
    <span data-above><MenuActions label={`Actions for ${p.name}`} actions={[
      ...(can.create && !old ? [{ label: 'Clone', onClick: () => { shelf.clone(p); } }] : []),
      ...(can.remove && old ? [{ label: 'Restore', onClick: () => { shelf.restore(p); } }] : []),
      ...(can.remove && !old && p.state !== 'active' ? [{ label: 'Archive', danger: true, onClick: () => { shelf.archive(p); } }] : []),
    ]} /></span>
  );
  return (
    <ListPage<Program> name="programs" title="Loyalty programs" noun={{ one: 'program', many: 'programs' }} query={query} state={state} columns={columnsOf(actions)} rowKey={(p) => p.id} rowLabel={(p) => p.name} rowHref={(p) => paths.program(p.id)} searchLabel="Search name" primary={add}
      filters={[
        ...(databases.length > 1 ? [{ key: 'database', label: 'Database', options: [{ value: ANY, label: 'All databases' }, ...databases.map((d) => ({ value: String(d.id), label: d.name }))] }] : []),
        { key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] },
      ]}
      help={{ text: 'A loyalty program gives its members points for what they buy, and levels for how much. One program of a database is active at a time.', guide: 'loyalty', api: '/loyalty/programs' }}
      empty={<FirstUse icon={IconAward} title="Thank people for coming back" primary={add} example={<Example />} text="Say what members earn and when it can be spent, add levels they can reach, then promotions. Nothing is credited before you activate the program." />} />
  );
}
