import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, AppLink, ListView, Num, paths, Time, useListState, type Column } from '@/kit';
import type { Holder, Pool } from './model';

/** Who has a universal code, and how often they used it. */
export function HoldersTab({ pool }: { pool: Pool }) {
  const state = useListState();
  const query = useList<Holder>(['promo-codes', pool.id, 'holders'], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/promo-codes/pools/{pool_id}/holders', { params: { path: { pool_id: pool.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns: Column<Holder>[] = [
    { key: 'who', header: 'Person', cell: (h) => <AppLink href={paths.profile(pool.database_id, h.profile_id)}><span className="fd-num">#{h.profile_id}</span></AppLink> },
    { key: 'code', header: 'Code', priority: 1, cell: (h) => <Text span inherit ff="monospace">{h.code}</Text> },
    { key: 'uses', header: 'Uses', align: 'right', priority: 2, cell: (h) => <Num value={h.uses} /> },
    { key: 'attached_at', header: 'Given', priority: 2, cell: (h) => <Time value={h.attached_at} /> },
    { key: 'activated_at', header: 'First used', priority: 3, cell: (h) => <Time value={h.activated_at} /> },
    { key: 'expires_at', header: 'Expires', priority: 3, cell: (h) => <Time value={h.expires_at} none="never" /> },
  ];
  return <ListView<Holder> name="promo-holders" query={query} state={state} columns={columns} rowKey={(h) => `${h.code_id}-${h.profile_id}`} rowLabel={(h) => `Person ${h.profile_id}`} noun={{ one: 'person', many: 'people' }} searchLabel={null} empty={<AllDone>Nobody has a code of this pool yet.</AllDone>} />;
}
