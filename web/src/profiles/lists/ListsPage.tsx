import { IconListDetails, IconPlus, IconTable } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { Delayed, FirstUse, ListView, Num, Page, paths, SideDrawer, SkeletonRows, Time, useDrawer, useGo, useListState, useSearchParam, type Column, type PageAction } from '@/kit';
import { ListForm } from './ListForm';
import { typeWords, type DataTable, type ValueList } from './model';
import { TableForm } from './TableForm';

const listColumns: Column<ValueList>[] = [
  { key: 'name', header: 'List', sort: 'name', cell: (l) => l.name },
  { key: 'type', header: 'Holds', priority: 2, cell: (l) => typeWords(l.type) },
  { key: 'size', header: 'Values', sort: 'size', align: 'right', priority: 1, cell: (l) => <Num value={l.size} /> },
  { key: 'changed_at', header: 'Values changed', sort: 'changed_at', priority: 2, cell: (l) => <Time value={l.changed_at} /> },
  { key: 'description', header: 'Description', priority: 3, cell: (l) => l.description },
];

function Lists({ add }: { add: PageAction | undefined }) {
  const state = useListState({ defaultSort: 'name' });
  const query = useList<ValueList>(['value-lists', 'all', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/value-lists', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <ListView<ValueList> saved name="value-lists" query={query} state={state} columns={listColumns} rowKey={(l) => l.id} rowLabel={(l) => l.name} rowHref={(l) => paths.valueList(l.id)} noun={{ one: 'list', many: 'lists' }}
      empty={<FirstUse icon={IconListDetails} title="Bring a list of values" primary={add}
        text="The addresses from a fair, last year’s blocked domains, the post codes of a region: paste them or upload a file, then ask in a segment “E-mail is one of the list”." />} />
  );
}

const tableColumns: Column<DataTable>[] = [
  { key: 'name', header: 'Table', sort: 'name', cell: (t) => t.label || t.name },
  { key: 'slug', header: 'In rules', priority: 3, cell: (t) => t.name },
  { key: 'columns', header: 'Columns', priority: 2, cell: (t) => t.columns.map((c) => c.label || c.name).join(', ') },
  { key: 'size', header: 'Rows', sort: 'size', align: 'right', priority: 1, cell: (t) => <Num value={t.size} /> },
  { key: 'changed_at', header: 'Rows changed', sort: 'changed_at', priority: 2, cell: (t) => <Time value={t.changed_at} /> },
];

function Tables({ databaseId, add }: { databaseId: number; add: PageAction | undefined }) {
  const state = useListState({ defaultSort: 'name' });
  const query = useList<DataTable>(['data-tables', 'of', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/data-tables', { params: { path: { database_id: databaseId }, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <ListView<DataTable> saved name="data-tables" query={query} state={state} columns={tableColumns} rowKey={(t) => t.id} rowLabel={(t) => t.label || t.name} rowHref={(t) => paths.dataTable(t.id)} noun={{ one: 'table', many: 'tables' }}
      empty={<FirstUse icon={IconTable} title="Bring a table" primary={add}
        text="Stores with their cities, tariffs with their prices: several columns and a key that tells the rows apart. A segment can compare a field with any column, “City is one of Stores: City”." />} />
  );
}

/** Value lists of the installation and data tables of the database at hand. */
export function ListsPage() {
  const database = useDatabase();
  const databases = useDatabases();
  const [tab] = useSearchParam('tab');
  const go = useGo();
  const drawer = useDrawer('new');
  const canCreate = useCan('lists:create');
  const onTables = tab === 'tables';
  const add: PageAction | undefined = canCreate && (!onTables || database)
    ? { label: onTables ? 'New table' : 'New list', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open(onTables ? 'table' : 'list'); } } : undefined;
  return (
    <>
      <Page title="Lists" primary={add} facts={[onTables ? database?.name : null]}
        help={{ text: 'A value list is one column of values that every database’s rules may use. A data table has several columns and a key, and belongs to one database. What you add counts in the next calculation.', guide: 'lists', api: '/value-lists' }}
        tabs={[
          { value: 'lists', label: 'Value lists', render: () => <Lists add={add} /> },
          { value: 'tables', label: 'Data tables', render: () => (database ? <Tables databaseId={database.id} add={add} /> : !databases ? <Delayed><SkeletonRows /></Delayed> : <FirstUse icon={IconTable} title="Make a database first" text="A data table belongs to a database of profiles." primary={{ label: 'Databases', href: paths.databases() }} />) },
        ]} />
      <SideDrawer name="new" right="lists:create" title={drawer.value === 'table' ? 'New data table' : 'New value list'} size={drawer.value === 'table' ? 720 : 480}>
        {(what) => (what === 'table'
          ? database && <TableForm databaseId={database.id} onCancel={drawer.close} onMade={(id) => { go(paths.dataTable(id)); }} />
          : <ListForm onCancel={drawer.close} onMade={(id) => { go(`${paths.valueList(id)}?drawer=fill`); }} />)}
      </SideDrawer>
    </>
  );
}
