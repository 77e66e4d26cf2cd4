import { IconReceipt } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useDatabases } from '@/api/database';
import type { components } from '@/api/schema';
import { FirstUse, formatCount, ListPage, Num, Time, useListState, type Column } from '@/kit';

type Receipt = components['schemas']['ErasureReceipt'];

/** Receipts of erased people. */
export function ReceiptsPage() {
  const state = useListState();
  const databases = useDatabases() ?? [];
  const typed = (state.params.q ?? '').replace(/^#/, '').trim();
  const asked = /^\d{1,9}$/.test(typed) ? Number(typed) : undefined;
  const query = useList<Receipt>(['erasures', state.params], ({ cursor, limit, signal }) => (typed !== '' && asked === undefined ? Promise.resolve({ items: [], next_cursor: null, total: 0 }) // only ids can be known
    : ok(api.GET('/api/v1/erasures', { params: { query: { limit, ...(asked === undefined ? {} : { profile: asked }), ...(cursor ? { cursor } : {}) } }, signal }))));
  const columns: Column<Receipt>[] = [
    { key: 'id', header: 'Receipt', cell: (r) => `Receipt ${r.id}` },
    { key: 'erased_at', header: 'Erased', priority: 2, cell: (r) => <Time value={r.erased_at} mode="absolute" /> },
    { key: 'count', header: 'People', align: 'right', priority: 2, cell: (r) => <Num value={r.count} /> },
    { key: 'database', header: 'Database', priority: 3, cell: (r) => databases.find((d) => d.id === r.database_id)?.name ?? `#${r.database_id}` },
    { key: 'actor', header: 'By', priority: 3, cell: (r) => r.actor },
    { key: 'removed', header: 'What went', priority: 3, cell: (r) => Object.entries(r.removed).map(([name, n]) => formatCount(n, name.replaceAll('_', ' ').replace(/s$/, ''), name.replaceAll('_', ' '))).join(' · ') },
    { key: 'history', header: 'History gone', priority: 3, cell: (r) => (r.history_erased_at ? <Time value={r.history_erased_at} /> : 'by tomorrow') },
  ];
  return (
    <ListPage<Receipt> name="erasures" title="Receipts of erasure" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => `Receipt ${r.id}`} noun={{ one: 'receipt', many: 'receipts' }} searchLabel="Find by former profile id"
      help={{ text: 'Proof that people were erased: when, by whom, and how much of what went with them. No personal data is kept here.' }}
      empty={<FirstUse icon={IconReceipt} title="Nobody was erased" text="When somebody asks to be forgotten, erase them on their card. A receipt without personal data stays here." />} />
  );
}
