import { Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconPlus, IconTicket } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, FirstUse, ListPage, MenuActions, NeedDatabase, paths, SideDrawer, SumBar, Time, ToneBadge, undoToast, useDrawer, useGo, useListState, type Column } from '@/kit';
import { kinds, partsOf, poolPath, refresh, wordOf, ways, type Pool } from './model';
import { PoolForm } from './PoolForm';

/** Whether people get codes of a pool, and whether it runs dry. */
export function PoolState({ pool }: { pool: Pool }) {
  if (pool.archived_at) return <ToneBadge>Archived</ToneBadge>;
  if (pool.closed) return <ToneBadge tone="gray">{pool.valid_from && new Date(pool.valid_from) > new Date() ? 'Not yet' : 'Over'}</ToneBadge>;
  if (pool.open_batch) return <ToneBadge tone="iris">Filling</ToneBadge>;
  if (pool.low) return <ToneBadge tone={pool.figures.left ? 'marigold' : 'clay'} icon={IconAlertTriangle}>{pool.figures.left ? 'Few left' : 'Empty'}</ToneBadge>;
  return pool.figures.made ? <ToneBadge tone="moss">Gives codes</ToneBadge> : <ToneBadge tone="gray">No codes yet</ToneBadge>;
}

function Example() {
  return (
    <Stack gap="xs" p="sm" style={{ border: '1px solid var(--fd-hairline)', borderRadius: 10 }} ta="left" w="100%" maw={480}>
      <Text fw={550}>Spring vouchers</Text>
      <SumBar label="Codes of the example" parts={partsOf({ kind: 'personal', figures: { made: 5000, left: 2600, given: 1700, used: 580, lapsed: 120, attached: 2400, activated: 580, expired: 120, uses: 580 } })} total="5,000 codes" />
    </Stack>
  );
}

/** The pools of promo codes of the database at hand. */
export function PoolListPage() {
  const state = useListState({ defaultSort: '-created_at' });
  const { archived, ...params } = state.params, old = archived === 'yes';
  const database = useDatabase();
  const go = useGo(), drawer = useDrawer('pool');
  const can = { make: useCan('loyalty:create'), remove: useCan('loyalty:delete') };
  const query = useList<Pool>(['promo-codes', 'list', database?.id, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/promo-codes/pools', {
    params: { query: { ...params, ...(old ? { archived: true } : {}), ...(database ? { database: database.id } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal,
  })), { unsettled: (p) => p.open_batch !== null });
  const archive = useAction({ refresh, run: (id: number) => ok(api.DELETE('/api/v1/promo-codes/pools/{pool_id}', poolPath(id))) });
  const restore = useAction({ refresh, run: (id: number, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/restore', { ...poolPath(id), headers })) });
  const clone = useAction({ refresh, run: (id: number, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/clone', { ...poolPath(id), body: {}, headers })), onDone: (made) => { go(paths.promoCodePool(made.id)); } });
  const columns: Column<Pool>[] = [
    { key: 'name', header: 'Pool', sort: 'name', cell: (p) => p.name },
    { key: 'state', header: 'State', priority: 1, cell: (p) => <PoolState pool={p} /> },
    { key: 'codes', header: 'Codes', priority: 2, width: 300, cell: (p) => (p.figures.made ? <SumBar label={`Codes of ${p.name}`} parts={partsOf(p)} /> : 'none yet') },
    { key: 'kind', header: 'For', priority: 3, cell: (p) => wordOf(kinds, p.kind) },
    { key: 'way', header: 'Made', priority: 3, hidden: true, cell: (p) => wordOf(ways, p.way) },
    { key: 'short_name', header: 'In templates', sort: 'short_name', priority: 3, cell: (p) => <Text span inherit ff="monospace" style={{ overflowWrap: 'anywhere' }}>{p.short_name}</Text> },
    { key: 'valid_until', header: 'Given until', sort: 'valid_until', priority: 3, cell: (p) => <Time value={p.valid_until} none="no end" /> },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (p) => (
        <span data-above><MenuActions label={`Actions for ${p.name}`} actions={[
          ...(can.make && !old ? [{ label: 'Clone', onClick: () => { clone.mutate(p.id, { onError: failToast }); } }] : []),
          ...(can.remove && old ? [{ label: 'Restore', onClick: () => { restore.mutate(p.id, { onSuccess: () => { doneToast(`${p.name} is back`); }, onError: failToast }); } }] : []),
          ...(can.remove && !old ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(p.id, { onSuccess: () => { undoToast(`${p.name} archived: none of its codes can be used meanwhile`, () => restore.mutateAsync(p.id)); }, onError: failToast }); } }] : []),
        ]} /></span>
      ),
    },
  ];
  if (!database) return <NeedDatabase title="Promo codes" why="Codes are given to the people of a database." />;
  const add = can.make ? { label: 'New pool', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage<Pool> name="promo-pools" title="Promo codes" noun={{ one: 'pool', many: 'pools' }} query={query} state={state} columns={columns} rowKey={(p) => p.id} rowLabel={(p) => p.name} rowHref={(p) => paths.promoCodePool(p.id)}
        primary={add} searchLabel="Search name or short name" filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]}
        help={{ text: 'A pool holds promo codes that work alike. Messages give each person one of their own, orders use them, and the bar says how many are left.', guide: 'promo-codes', api: '/promo-codes/pools' }}
        empty={<FirstUse icon={IconTicket} title="Give people a code of their own" primary={add} example={<Example />} text="Make a pool: Fidelia makes the codes by a pattern, your shop sends a list, or a service is asked. Then show one in a message." />} />
      <SideDrawer name="pool" size={720} right="loyalty:create" title="New pool">{() => <PoolForm databaseId={database.id} onCancel={drawer.close} onSaved={(made) => { go(paths.promoCodePool(made.id)); }} />}</SideDrawer>
    </>
  );
}
