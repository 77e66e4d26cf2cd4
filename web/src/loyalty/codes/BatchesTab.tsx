import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, ListView, Loaded, NO_VALUE, Num, SideDrawer, SmallTable, StateBadge, Time, useDrawer, useListState, type Column } from '@/kit';
import type { components } from '@/api/schema';
import { wordOf, ways, type Batch, type Pool } from './model';

type Line = components['schemas']['PromoLine'];
const words: Readonly<Record<Line['status'], string>> = { duplicated: 'There already', discarded: 'No room', refused: 'Not a code' };

function Lines({ pool, batch }: { pool: Pool; batch: number }) {
  const query = useQuery({
    queryKey: ['promo-codes', pool.id, 'lines', batch], queryFn: ({ signal }) => ok(api.GET('/api/v1/promo-codes/pools/{pool_id}/batches/{batch_id}/lines', { params: { path: { pool_id: pool.id, batch_id: batch }, query: { limit: 200 } }, signal })),
  });
  return (
    <Loaded query={query} what="the lines that became no code">
      {({ items, total }) => (
        <>
          <SmallTable<Line> label="Lines that became no code" rows={items} rowKey={(l) => l.line} columns={[
            { key: 'line', header: 'Line', align: 'right', cell: (l) => <Num value={l.line} /> },
            { key: 'code', header: 'Code', cell: (l) => <Text span inherit ff="monospace" style={{ overflowWrap: 'anywhere' }}>{l.code || NO_VALUE}</Text> },
            { key: 'why', header: 'Why', cell: (l) => l.reason ?? words[l.status] },
          ]} />
          {typeof total === 'number' && total > items.length && <Text c="dimmed" size="sm" mt="sm">The first {items.length} of {total.toLocaleString()}; the API has them all.</Text>}
        </>
      )}
    </Loaded>
  );
}

/** How codes came into the pool, many at a time. */
export function BatchesTab({ pool }: { pool: Pool }) {
  const state = useListState();
  const drawer = useDrawer('lines');
  const query = useList<Batch>(['promo-codes', pool.id, 'batches', pool.open_batch?.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/promo-codes/pools/{pool_id}/batches', { params: { path: { pool_id: pool.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })), { unsettled: (b) => b.state === 'queued' || b.state === 'running' });
  const left = (b: Batch) => b.duplicated + b.discarded + b.refused;
  const columns: Column<Batch>[] = [
    { key: 'at', header: 'When', cell: (b) => <Time value={b.created_at} /> },
    { key: 'state', header: 'Result', priority: 1, cell: (b) => <StateBadge state={b.state} size="sm" /> },
    { key: 'way', header: 'How', priority: 3, cell: (b) => wordOf(ways, b.way) },
    { key: 'asked', header: 'Asked for', align: 'right', priority: 3, cell: (b) => <Num value={b.asked} /> },
    { key: 'made', header: 'New codes', align: 'right', priority: 2, cell: (b) => <Num value={b.made} /> },
    { key: 'left', header: 'Left out', align: 'right', priority: 3, cell: (b) => (b.way === 'file' && left(b) > 0 ? <Button size="compact-xs" variant="subtle" color="fjord" aria-label={`Show what was left out of filling ${b.id}`} onClick={() => { drawer.open(b.id); }}><Num value={left(b)} /></Button> : b.way === 'template' ? NO_VALUE : <Num value={left(b)} />) },
    { key: 'who', header: 'Who', priority: 2, cell: (b) => b.actor },
    { key: 'note', header: 'Note', priority: 2, cell: (b) => (b.error ? <Text span size="sm" c="error">{b.error}</Text> : null) },
  ];
  return (
    <>
      <ListView<Batch> name="promo-batches" query={query} state={state} columns={columns} rowKey={(b) => b.id} rowLabel={(b) => `Filling ${b.id}`} noun={{ one: 'filling', many: 'fillings' }} searchLabel={null} empty={<AllDone>Nothing was made or imported in bulk yet.</AllDone>} />
      <SideDrawer name="lines" size={720} title="Lines that became no code">{(batch) => <Lines pool={pool} batch={Number(batch)} />}</SideDrawer>
    </>
  );
}
