import { IconDownload, IconFileUpload, IconPlus, IconTable } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, confirmTyped, doneToast, failToast, FirstUse, formatCount, ListView, named, Page, PanelError, paths, SideDrawer, Time, useDrawer, useGo, useIdParam, useListState, type Column, type PageAction } from '@/kit';
import { ColumnsTab } from './ColumnsTab';
import { FileFill } from './FillForm';
import { LoadsTab, RunningLoads } from './Loads';
import { plainText, useDataTable, type DataRow, type DataTableDetail } from './model';
import { RowForm } from './RowForm';
import { UsedBy } from './UsedBy';

function shown(value: unknown) {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? <Time value={value} mode="absolute" seconds /> : plainText(value);
}

function Rows({ table, first, second }: { table: DataTableDetail; first: PageAction | undefined; second: PageAction | undefined }) {
  const state = useListState();
  const drawer = useDrawer('row');
  const canUpdate = useCan('lists:update');
  const path = { path: { table_id: table.id } };
  const query = useList<DataRow>(['data-tables', table.id, 'rows', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/data-tables/{table_id}/rows', { params: { ...path, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const rows = query.data?.pages.flatMap((p) => p.items) ?? [];
  const key = table.columns.find((c) => c.key) ?? table.columns[0];
  const ordered = key ? [key, ...table.columns.filter((c) => c.id !== key.id)] : [];
  const numeric = (type: string) => type === 'integer' || type === 'decimal';
  const columns: Column<DataRow>[] = ordered.map((c, n) => ({ key: c.name, header: c.label || c.name, sort: c.name, align: numeric(c.type) && n > 0 ? 'right' : 'left', priority: n < 3 ? 2 : 3, cell: (r) => shown(r.values[c.name]) }));
  const keyOf = (row: DataRow) => (key ? String(row.values[key.name]) : String(row.id));
  const remove = useAction({ refresh: [['data-tables']], run: (keys: string[], { headers }) => ok(api.POST('/api/v1/data-tables/{table_id}/rows/delete', { params: path, body: { keys }, headers })) });
  const erase = async (keys: string[]) => {
    const yes = await confirmConsequence({ title: `Delete ${formatCount(keys.length, 'row', 'rows')}?`, body: 'They cannot be brought back.', action: `Delete ${formatCount(keys.length, 'row', 'rows')}`, keep: 'Keep them', danger: true });
    if (yes) await remove.mutateAsync(keys).then(() => { doneToast(`${formatCount(keys.length, 'row', 'rows')} deleted`); }).catch(failToast);
  };
  return (
    <>
      <ListView<DataRow> name={`table.${table.id}`} query={query} state={state} columns={columns} rowKey={keyOf} rowLabel={keyOf} noun={{ one: 'row', many: 'rows' }} {...(canUpdate ? { onPreview: (r) => { drawer.open(r.id); } } : {})}
        searchLabel={table.size > 200_000 ? `Search how ${key?.label || key?.name} begins` : 'Search rows'}
        bulk={canUpdate ? [{ label: (n) => `Delete ${n} ${n === '1' ? 'row' : 'rows'}`, danger: true, pageOnly: true, run: ({ ids }) => erase(ids) }] : []}
        empty={<FirstUse icon={IconTable} title="No rows yet" text="Upload a file whose columns are found by their names, write rows over the API, or add one by hand." primary={first} secondary={second} />} />
      <SideDrawer name="row" right="lists:update" title={drawer.value === 'new' ? 'Add a row' : 'Edit row'}>
        {(id) => { const row = rows.find((r) => String(r.id) === id); return id === 'new' || row ? <RowForm key={id} table={table} onCancel={drawer.close} onSaved={drawer.close} {...(row ? { row } : {})} /> : null; }}
      </SideDrawer>
    </>
  );
}

/** One data table: rows, files, columns, who uses it. */
export function DataTablePage() {
  const id = useIdParam('tableId');
  const query = useDataTable(id);
  const table = query.data;
  const go = useGo();
  const row = useDrawer('row'), fill = useDrawer('fill');
  const canUpdate = useCan('lists:update'), canDelete = useCan('lists:delete');
  const name = table ? table.label || table.name : 'Data table';
  const erase = useAction({ refresh: [['data-tables', 'of'], ['vocabulary']], run: () => ok(api.DELETE('/api/v1/data-tables/{table_id}', { params: { path: { table_id: id } } })), onDone: () => { doneToast('Table deleted'); go(`${paths.lists()}?tab=tables`); } });
  const ask = async (found: DataTableDetail) => {
    const yes = await confirmTyped({ title: `Delete the table ${name}?`, body: `Its ${formatCount(found.size, 'row', 'rows')} cannot be brought back.`, action: 'Delete table', keep: 'Keep it', name: found.name });
    if (yes) erase.mutate(undefined, { onError: failToast });
  };
  const add: PageAction | undefined = canUpdate ? { label: 'Add row', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { row.open('new'); } } : undefined;
  const upload: PageAction | undefined = canUpdate ? { label: 'Upload a file', icon: <IconFileUpload size={16} />, onClick: () => { fill.open(); } } : undefined;
  return (
    <>
      <Page title={named(query, (found) => found.label || found.name, 'Data table')} crumbs={[{ label: 'Lists', href: `${paths.lists()}?tab=tables` }]} primary={upload}
        secondary={add ? [add] : []}
        menu={table ? [{ label: 'Export CSV', icon: <IconDownload size={16} />, onClick: () => { window.location.assign(`/api/v1/data-tables/${id}/export`); } }, ...(canDelete ? [{ label: 'Delete…', danger: true, onClick: () => void ask(table) }] : [])] : []}
        facts={table ? [formatCount(table.size, 'row', 'rows'), `rules call it ${table.name}`, <>changed <Time key="t" value={table.changed_at} /></>, table.description || null] : []}
        help={{ text: 'Segments can compare a field with any column of this table. Rows are told apart by their key: a file or a call with a known key changes that row.', guide: 'lists' }}
        tabs={table ? [
          { value: 'rows', label: 'Rows', count: table.size, render: () => <Rows table={table} first={upload} second={add} /> },
          { value: 'columns', label: 'Columns', count: table.columns.length, render: () => <ColumnsTab table={table} /> },
          { value: 'files', label: 'Files', render: () => <LoadsTab kind="table" id={id} /> },
          { value: 'used', label: 'Used by', count: table.used_by.length, render: () => <UsedBy names={table.used_by} what="table" /> },
        ] : []}>
        {table && <RunningLoads loads={table.loads} />}
        {query.error && <PanelError error={query.error} what="the table" />}
      </Page>
      <SideDrawer name="fill" right="lists:update" title="Upload a file">
        {() => table && <FileFill path={`/api/v1/data-tables/${id}/loads`} onCancel={fill.close} onStarted={() => { doneToast('Loading has begun'); fill.close(); }}
          target={{ type: 'text', isList: false, size: table.size, columns: [...table.columns].sort((a, b) => Number(b.key) - Number(a.key)) }} />}
      </SideDrawer>
    </>
  );
}
