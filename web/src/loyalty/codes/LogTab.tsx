import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { AllDone, ListView, Time, useListState, type Column } from '@/kit';
import type { Pool } from './model';

type Entry = components['schemas']['AuditOut'];
const words: Readonly<Record<string, string>> = {
  'promo_pool.created': 'Made the pool', 'promo_pool.updated': 'Changed the pool', 'promo_pool.archived': 'Archived the pool', 'promo_pool.restored': 'Restored the pool', 'promo_pool.filled': 'Filled the pool',
  'promo_code.attached': 'Gave a code', 'promo_code.detached': 'Took a code back', 'promo_code.activated': 'Used a code', 'promo_code.updated': 'Changed a code',
};
const shown = (value: unknown): string => (value === null || value === undefined || value === '' ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value));

/** What changed, such as `warn below: 100 → 500`. */
function changes(entry: Entry): string {
  const before = (entry.before ?? {}) as Record<string, unknown>, after = (entry.after ?? {}) as Record<string, unknown>;
  if (entry.action === 'promo_pool.created') return '';
  return Object.entries(after).map(([key, value]) => `${key.replaceAll('_', ' ')}: ${key in before ? `${shown(before[key])} → ` : ''}${shown(value)}`).join(' · ');
}

/** Who did what with the pool and its codes. */
export function LogTab({ pool }: { pool: Pool }) {
  const state = useListState();
  const query = useList<Entry>(['promo-codes', pool.id, 'log'], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/audit', { params: { query: { kind: 'promo_pool', object_id: String(pool.id), limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns: Column<Entry>[] = [
    { key: 'what', header: 'What', cell: (e) => `${words[e.action] ?? e.action}${e.action.startsWith('promo_code.') && e.object_name ? ` ${e.object_name.slice(e.object_name.lastIndexOf(': ') + 2)}` : ''}` },
    { key: 'changed', header: 'Changed', priority: 2, cell: changes },
    { key: 'who', header: 'Who', priority: 2, cell: (e) => e.actor_name },
    { key: 'at', header: 'When', priority: 2, cell: (e) => <Time value={e.at} mode="absolute" /> },
  ];
  return <ListView<Entry> name="promo-log" query={query} state={state} columns={columns} rowKey={(e) => e.id} rowLabel={(e) => words[e.action] ?? e.action} noun={{ one: 'change', many: 'changes' }} searchLabel={null} empty={<AllDone>Nothing was changed yet.</AllDone>} />;
}
