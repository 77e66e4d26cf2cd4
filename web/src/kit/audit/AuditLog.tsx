import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { Time } from '../format/Values';
import { ListView } from '../list/ListView';
import type { Column } from '../list/types';
import { useListState } from '../list/useListState';
import { AllDone, NoRight } from '../states/Empty';
import { auditWords } from './words';

type Entry = components['schemas']['AuditOut'];

interface Props {
  /** What the audit log calls it, and its number. */
  kind: string;
  id: number;
  /** Under which the list is remembered, and its answers. */
  name: string;
  queryKey: readonly (string | number)[];
  /** What an entry says; a sentence of the audit log unless given. */
  what?: (entry: Entry) => string;
  /** Columns after what was done. */
  more?: Column<Entry>[];
}

/** Who changed what of one thing, and when, the newest first. */
export function AuditLog({ kind, id, name, queryKey, what = auditWords, more = [] }: Props) {
  const can = useCan('audit:read');
  const state = useListState();
  const query = useList<Entry>(queryKey, ({ cursor, limit, signal }) => (can
    ? ok(api.GET('/api/v1/audit', { params: { query: { kind, object_id: String(id), limit, ...(cursor ? { cursor } : {}) } }, signal }))
    : Promise.resolve({ items: [], next_cursor: null, total: 0 })));
  if (!can) return <NoRight what="see who changed what" right="audit:read" />;
  const columns: Column<Entry>[] = [
    { key: 'what', header: 'What', cell: (entry) => what(entry) },
    ...more,
    { key: 'who', header: 'Who', priority: 2, cell: (entry) => entry.actor_name },
    { key: 'when', header: 'When', priority: 2, cell: (entry) => <Time value={entry.at} mode="absolute" /> },
  ];
  return <ListView<Entry> name={name} query={query} state={state} columns={columns} rowKey={(entry) => entry.id} rowLabel={(entry) => what(entry)} noun={{ one: 'change', many: 'changes' }} searchLabel={null} empty={<AllDone>Nothing was changed yet.</AllDone>} />;
}
