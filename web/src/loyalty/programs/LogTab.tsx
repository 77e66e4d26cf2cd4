import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { auditWords } from '@/app/settings/audit';
import { AllDone, ListView, NoRight, Time, useListState, type Column } from '@/kit';
import type { Program } from './model';

type Entry = components['schemas']['AuditOut'];

const columns: Column<Entry>[] = [
  { key: 'what', header: 'What', cell: (e) => auditWords(e) },
  { key: 'who', header: 'Who', priority: 2, cell: (e) => e.actor_name },
  { key: 'when', header: 'When', priority: 2, cell: (e) => <Time value={e.at} mode="absolute" /> },
];

/** Who changed what of the program, and when. */
export function LogTab({ program }: { program: Program }) {
  const can = useCan('audit:read');
  const state = useListState();
  const query = useList<Entry>(['audit', 'program', program.id], ({ cursor, limit, signal }) => (can
    ? ok(api.GET('/api/v1/audit', { params: { query: { kind: 'loyalty_program', object_id: String(program.id), limit, ...(cursor ? { cursor } : {}) } }, signal }))
    : Promise.resolve({ items: [], next_cursor: null, total: 0 })));
  if (!can) return <NoRight what="see who changed what" right="audit:read" />;
  return <ListView<Entry> name="program.log" query={query} state={state} columns={columns} rowKey={(e) => e.id} rowLabel={(e) => auditWords(e)} noun={{ one: 'change', many: 'changes' }} searchLabel={null} empty={<AllDone>Nothing was changed yet.</AllDone>} />;
}
