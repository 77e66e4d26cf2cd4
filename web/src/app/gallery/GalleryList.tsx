import { useList } from '@/api/list';
import { FirstUse, ListView, Num, StateBadge, Time, undoToast, useListState, type Column } from '@/kit';

interface Row { id: number; name: string; state: string; people: number; at: string }
const rows: Row[] = Array.from({ length: 120 }, (_, i) => ({
  id: i + 1, name: i === 3 ? 'Lapsed good customers who bought at least six times in the last year and live in Oslo or are Gold' : `Segment ${i + 1}`,
  state: ['active', 'draft', 'paused'][i % 3] ?? 'active', people: (i * 7919) % 12_000, at: new Date(Date.UTC(2026, 10, 20, 12 - (i % 300))).toISOString(),
}));
const columns: Column<Row>[] = [
  { key: 'name', header: 'Segment', cell: (r) => r.name, sort: 'name' },
  { key: 'state', header: 'State', cell: (r) => <StateBadge state={r.state} size="sm" />, priority: 1 },
  { key: 'people', header: 'People', cell: (r) => <Num value={r.people} />, align: 'right', sort: 'people' },
  { key: 'at', header: 'Changed', cell: (r) => <Time value={r.at} />, sort: 'updated_at' },
];

export function GalleryList() {
  const state = useListState({ defaultSort: 'name' });
  const query = useList(['gallery', state.params], ({ cursor, limit }) => {
    const found = rows.filter((r) => r.name.toLowerCase().includes(state.q.toLowerCase()) && (!state.filter.state || state.filter.state.includes(r.state)));
    const from = Number(cursor ?? 0);
    return Promise.resolve({ items: found.slice(from, from + limit), next_cursor: from + limit < found.length ? String(from + limit) : null, total: found.length });
  });
  return (
    <ListView name="gallery" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => r.name} rowHref={() => '/kit?tab=list'} noun={{ one: 'segment', many: 'segments' }}
      filters={[{ key: 'state', label: 'State', multiple: true, options: [{ value: 'active', label: 'Active' }, { value: 'draft', label: 'Draft' }, { value: 'paused', label: 'Paused' }] }]}
      bulk={[{ label: (n) => `Archive ${n} segments`, run: () => { undoToast('Segments archived', () => undefined); } }]}
      empty={<FirstUse title="Find the right people" />} />
  );
}
