import { IconFileImport, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { AppLink, FirstUse, formatCount, ListPage, Num, paths, StateBadge, Time, useIdParam, useListState, type Column } from '@/kit';
import { PeopleCount } from '../figures';
import type { Import } from './model';

const waits = (i: Import) => i.state === 'new' || i.state === 'checked';
/** What a run did; nothing is known of one that was never made. */
const people = (i: Import, which: 'created' | 'updated') => <PeopleCount databaseId={i.database_id} figure={`import:${i.id}:${which}`} value={waits(i) ? null : i.counts[which]} label={`${which} by ${i.file_name}`} unknown={!i.people_known} />;
function RowCount({ found }: { found: Import }) {
  const n = waits(found) ? null : found.counts.rejected;
  return n ? <AppLink href={`${paths.import(found.database_id, found.id)}?tab=rejected`} aria-label={`${formatCount(n, 'row', 'rows')} rejected of ${found.file_name}`}><Num value={n} /></AppLink> : <Num value={n} />;
}

const columns: Column<Import>[] = [
  { key: 'file', header: 'File', sort: 'file_name', cell: (i) => i.file_name },
  { key: 'state', header: 'State', cell: (i) => <StateBadge state={waits(i) ? 'draft' : i.state} size="sm" label={waits(i) ? 'Not run yet' : undefined} />, priority: 1 },
  { key: 'rows', header: 'Rows', sort: 'total', align: 'right', cell: (i) => <Num value={i.total} />, priority: 2 },
  { key: 'created', header: 'Created', sort: 'created', align: 'right', cell: (i) => people(i, 'created'), priority: 3 },
  { key: 'updated', header: 'Updated', sort: 'updated', align: 'right', cell: (i) => people(i, 'updated'), priority: 3 },
  { key: 'rejected', header: 'Rejected', sort: 'rejected', align: 'right', cell: (i) => <RowCount found={i} />, priority: 2 },
  { key: 'by', header: 'By', sort: 'actor', cell: (i) => i.actor, priority: 3 },
  { key: 'at', header: 'When', sort: 'at', cell: (i) => <Time value={i.started_at ?? i.created_at} />, priority: 2 },
];

/** The files that were imported into a database. */
export function ImportListPage() {
  const databaseId = useIdParam('databaseId');
  const state = useListState({ defaultSort: '-at' });
  const canCreate = useCan('imports:create');
  const query = useList<Import>(['imports', 'of', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/imports', { params: { path: { database_id: databaseId }, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })), { unsettled: (i) => ['queued', 'running', 'checking'].includes(i.state) });
  const add = canCreate ? { label: 'Import a file', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.importNew(databaseId) } : undefined;
  return (
    <ListPage<Import> name="imports" title="Imports" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }]} noun={{ one: 'import', many: 'imports' }} query={query} state={state} columns={columns} rowKey={(i) => i.id} rowLabel={(i) => i.file_name} rowHref={(i) => paths.import(databaseId, i.id)} primary={add} secondary={[{ label: 'Scheduled imports', href: paths.importSchedules(databaseId) }]}
      help={{ text: 'Each import keeps its figures and the rows it refused. An import never raises anybody’s consent unless you tick it.' }}
      empty={<FirstUse icon={IconFileImport} title="Bring in your customers" text="A file from a shop or a spreadsheet: you choose which column is which, and see what would happen before anything is written." primary={add} />} />
  );
}
