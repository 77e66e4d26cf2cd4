import { IconArchive, IconCategory, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { failToast, FirstUse, formatCount, ListPage, Num, paths, Time, ToneBadge, undoToast, useListState, type BulkAction, type Column } from '@/kit';
import { kindOf, kinds, words, type ProductSegment } from './model';

const columns: Column<ProductSegment>[] = [
  { key: 'name', header: 'Segment', sort: 'name', cell: (s) => s.name },
  { key: 'entity', header: 'Holds', priority: 2, cell: (s) => words[s.entity].holds },
  { key: 'type', header: 'Kind', priority: 2, cell: (s) => { const kind = kindOf(s.type); return <ToneBadge tone={kind.tone} icon={kind.icon}>{kind.label}</ToneBadge>; } },
  { key: 'size', header: 'Size', sort: 'size', align: 'right', priority: 1, cell: (s) => <Num value={s.size} /> },
  { key: 'calculated_at', header: 'As of', sort: 'calculated_at', priority: 3, cell: (s) => <Time value={s.calculated_at} none="not filled yet" /> },
  { key: 'next_run_at', header: 'Next run', priority: 3, cell: (s) => (s.schedule && !s.active ? 'switched off' : <Time value={s.next_run_at} />) },
  { key: 'updated_at', header: 'Changed', sort: 'updated_at', priority: 3, hidden: true, cell: (s) => <Time value={s.updated_at} /> },
  { key: 'description', header: 'Description', priority: 3, hidden: true, cell: (s) => s.description },
];

function useArchive(): BulkAction {
  const restore = useAction({ refresh: [['product-segments']], run: (ids: number[], { headers }) => Promise.all(ids.map((id) => ok(api.POST('/api/v1/market/product-segments/{segment_id}/restore', { params: { path: { segment_id: id } }, headers: { 'Idempotency-Key': `${headers['Idempotency-Key']}-${id}` } })))) });
  const archive = useAction({ refresh: [['product-segments']], run: (ids: number[]) => Promise.allSettled(ids.map((id) => ok(api.DELETE('/api/v1/market/product-segments/{segment_id}', { params: { path: { segment_id: id } } })))) });
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

/** Lists of products and SKUs. */
export function ProductSegmentListPage() {
  const state = useListState({ defaultSort: 'name' });
  const canCreate = useCan('market:create'), canArchive = useCan('market:delete');
  const archive = useArchive();
  const { archived, ...params } = state.params;
  const query = useList<ProductSegment>(['product-segments', 'list', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/product-segments', {
    params: { query: { ...params, ...(archived === 'yes' ? { archived: true } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const add = canCreate ? { label: 'New product segment', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.productSegmentNew() } : undefined;
  const total = query.data?.pages[0]?.total;
  return (
    <ListPage<ProductSegment> name="product-segments" title="Product segments" noun={{ one: 'product segment', many: 'product segments' }} query={query} state={state} columns={columns} rowKey={(s) => s.id} rowLabel={(s) => s.name} rowHref={(s) => paths.productSegment(s.id)}
      searchLabel="Search name or description" primary={add} facts={[total !== undefined && total !== null && !state.narrowed && formatCount(total, 'segment', 'segments')]}
      filters={[
        { key: 'type', label: 'Kind', options: kinds.map((k) => ({ value: k.value, label: k.label })) },
        { key: 'entity', label: 'Holds', options: Object.entries(words).map(([value, w]) => ({ value, label: w.holds })) },
        { key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] },
      ]}
      bulk={canArchive && archived !== 'yes' ? [archive] : []}
      help={{ text: 'A list of products or SKUs. Rules about people can ask who bought from it, promotions can be limited to it.', guide: 'product-segments', api: '/market/product-segments' }}
      empty={<FirstUse icon={IconCategory} title="Group what you sell" primary={add} text="Coffee under 10 €, everything of one brand, this week’s offers: a list that rules fill, or one you keep by hand." />} />
  );
}
