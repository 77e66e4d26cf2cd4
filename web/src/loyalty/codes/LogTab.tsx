import type { components } from '@/api/schema';
import { AuditLog, type Column } from '@/kit';
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

const said = (entry: Entry) => `${words[entry.action] ?? entry.action}${entry.action.startsWith('promo_code.') && entry.object_name ? ` ${entry.object_name.slice(entry.object_name.lastIndexOf(': ') + 2)}` : ''}`;
const changed: Column<Entry>[] = [{ key: 'changed', header: 'Changed', priority: 2, cell: changes }];

/** Who did what with the pool and its codes. */
export function LogTab({ pool }: { pool: Pool }) {
  return <AuditLog kind="promo_pool" id={pool.id} name="promo-log" queryKey={['promo-codes', pool.id, 'log']} what={said} more={changed} />;
}
