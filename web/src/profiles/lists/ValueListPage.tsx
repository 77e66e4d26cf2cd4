import { IconDownload, IconListDetails, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmTyped, doneToast, failToast, FirstUse, formatCount, ListView, named, Page, PanelError, paths, SideDrawer, Time, ToneBadge, undoToast, useDrawer, useGo, useIdParam, useListState, type Column, type PageAction } from '@/kit';
import { FillForm } from './FillForm';
import { ListForm } from './ListForm';
import { LoadsTab, RunningLoads } from './Loads';
import { typeWords, useValueList, type ValueListDetail } from './model';
import { UsedBy } from './UsedBy';

type Value = string | number | boolean;
interface Row { value: Value }

const columns: Column<Row>[] = [{ key: 'value', header: 'Value', sort: 'value', cell: (r) => String(r.value) }];

function Values({ list, add }: { list: ValueListDetail; add: PageAction | undefined }) {
  const state = useListState({ defaultSort: 'value' });
  const canUpdate = useCan('lists:update');
  const path = { path: { list_id: list.id } };
  const query = useList<Row>(['value-lists', list.id, 'values', state.params], async ({ cursor, limit, signal }) => {
    const page = await ok(api.GET('/api/v1/value-lists/{list_id}/values', { params: { ...path, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal }));
    return { ...page, items: page.items.map((value) => ({ value })) };
  });
  const body = (values: string[]) => ({ values });
  const back = useAction({ refresh: [['value-lists']], run: (values: string[], { headers }) => ok(api.POST('/api/v1/value-lists/{list_id}/values', { params: path, body: body(values), headers })) });
  const remove = useAction({ refresh: [['value-lists']], run: (values: string[], { headers }) => ok(api.POST('/api/v1/value-lists/{list_id}/values/remove', { params: path, body: body(values), headers })) });
  return (
    <ListView<Row> name="values" query={query} state={state} columns={columns} rowKey={(r) => String(r.value)} rowLabel={(r) => String(r.value)} noun={{ one: 'value', many: 'values' }}
      searchLabel={list.size > 200_000 ? 'Search how values begin' : 'Search values'}
      bulk={canUpdate ? [{
        label: (n) => `Take ${n} out`, danger: true, pageOnly: true,
        run: async ({ ids }) => { await remove.mutateAsync(ids).then(() => { undoToast(`${formatCount(ids.length, 'value', 'values')} taken out`, () => back.mutateAsync(ids)); }).catch(failToast); },
      }] : []}
      empty={<FirstUse icon={IconListDetails} title="No values yet" text="Paste one value a line, or upload a file and choose its column. A value added over the API counts in the very next calculation." primary={add} />} />
  );
}

/** One value list: its values, its files, who uses it. */
export function ValueListPage() {
  const id = useIdParam('listId');
  const query = useValueList(id);
  const list = query.data;
  const go = useGo();
  const drawer = useDrawer('fill'), edit = useDrawer('edit');
  const canUpdate = useCan('lists:update'), canDelete = useCan('lists:delete');
  const erase = useAction({ refresh: [['value-lists', 'all'], ['vocabulary']], run: () => ok(api.DELETE('/api/v1/value-lists/{list_id}', { params: { path: { list_id: id } } })), onDone: () => { doneToast('List deleted'); go(paths.lists()); } });
  const ask = async (found: ValueListDetail) => {
    const yes = await confirmTyped({ title: `Delete the list ${found.name}?`, body: `Its ${formatCount(found.size, 'value', 'values')} cannot be brought back.`, action: 'Delete list', keep: 'Keep it', name: found.name });
    if (yes) erase.mutate(undefined, { onError: failToast });
  };
  const add: PageAction | undefined = canUpdate ? { label: 'Add values', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open(); } } : undefined;
  const menu: PageAction[] = list ? [
    ...(canUpdate ? [{ label: 'Rename…', onClick: () => { edit.open(); } }] : []),
    ...(canDelete ? [{ label: 'Delete…', danger: true, onClick: () => void ask(list) }] : []),
  ] : [];
  return (
    <>
      <Page title={named(query, (found) => found.name, 'Value list')} crumbs={[{ label: 'Lists', href: paths.lists() }]} primary={add} menu={menu}
        secondary={[{ label: 'Export CSV', icon: <IconDownload size={16} />, onClick: () => { window.location.assign(`/api/v1/value-lists/${id}/export`); } }]}
        badges={list && <ToneBadge tone="gray">{typeWords(list.type)}</ToneBadge>}
        facts={list ? [formatCount(list.size, 'value', 'values'), <>changed <Time key="t" value={list.changed_at} /></>, list.case_sensitive && 'case counts', list.description || null] : []}
        help={{ text: 'Every database’s rules may compare a field with this list. Adding and taking out counts at once; a file shows when all of it is there.', guide: 'lists' }}
        tabs={list ? [
          { value: 'values', label: 'Values', count: list.size, render: () => <Values list={list} add={add} /> },
          { value: 'files', label: 'Files', render: () => <LoadsTab kind="list" id={id} /> },
          { value: 'used', label: 'Used by', count: list.used_by.length, render: () => <UsedBy names={list.used_by} what="list" /> },
        ] : []}>
        {list && <RunningLoads loads={list.loads} />}
        {query.error && <PanelError error={query.error} what="the list" />}
      </Page>
      <SideDrawer name="fill" right="lists:update" title="Add values">{() => list && <FillForm listId={id} type={list.type} size={list.size} onClose={drawer.close} onStarted={() => { doneToast('Loading has begun'); drawer.close(); }} />}</SideDrawer>
      <SideDrawer name="edit" right="lists:update" title="Rename the list">{() => list && <ListForm list={list} onCancel={edit.close} onMade={() => { doneToast('List saved'); edit.close(); }} />}</SideDrawer>
    </>
  );
}
