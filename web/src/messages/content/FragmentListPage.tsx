import { IconAlertTriangle, IconPlus, IconPuzzle } from '@tabler/icons-react';
import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, FirstUse, formatCount, ListPage, MenuActions, Num, paths, SideDrawer, Time, ToneBadge, undoToast, useDrawer, useGo, useListState, type Column } from '@/kit';
import { FragmentForm } from './FragmentForm';
import { formatWords, type Fragment } from './model';

/** Parts that several templates include. */
export function FragmentListPage() {
  const state = useListState({ defaultSort: 'name' });
  const { archived, ...params } = state.params, old = archived === 'yes';
  const go = useGo();
  const drawer = useDrawer('fragment');
  const can = { make: useCan('templates:create'), change: useCan('templates:update'), remove: useCan('templates:delete') };
  const query = useList<Fragment>(['fragments', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/fragments', { params: { query: { ...params, ...(old ? { archived: true } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const path = (id: number) => ({ params: { path: { fragment_id: id } } });
  const archive = useAction({ refresh: [['fragments']], run: (id: number) => ok(api.DELETE('/api/v1/fragments/{fragment_id}', path(id))) });
  const restore = useAction({ refresh: [['fragments']], run: (id: number, { headers }) => ok(api.POST('/api/v1/fragments/{fragment_id}/restore', { ...path(id), headers })) });
  const columns: Column<Fragment>[] = [
    { key: 'name', header: 'Fragment', sort: 'name', cell: (f) => f.name },
    { key: 'key', header: 'Key', sort: 'key', priority: 2, cell: (f) => <Text span inherit ff="monospace">{f.key}</Text> },
    { key: 'format', header: 'Kind', priority: 3, cell: (f) => formatWords(f.format) },
    { key: 'used_by', header: 'Templates', align: 'right', priority: 2, cell: (f) => <Num value={f.used_by} /> },
    { key: 'version', header: 'Version', align: 'right', priority: 3, cell: (f) => <Num value={f.version} /> },
    { key: 'problems', header: 'Problems', priority: 3, cell: (f) => (f.problems.length > 0 ? <ToneBadge tone={f.problems.some((p) => p.severity === 'error') ? 'clay' : 'marigold'} icon={IconAlertTriangle}>{formatCount(f.problems.length, 'problem', 'problems')}</ToneBadge> : null) },
    { key: 'updated_at', header: 'Changed', sort: 'updated_at', priority: 1, cell: (f) => <Time value={f.updated_at} /> },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (f) => (
        <span data-above><MenuActions label={`Actions for ${f.name}`} actions={[
          ...(can.change && old ? [{ label: 'Restore', onClick: () => { restore.mutate(f.id, { onSuccess: () => { doneToast(`${f.name} is back`); }, onError: failToast }); } }] : []),
          ...(can.remove && !old ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(f.id, { onSuccess: () => { undoToast(`${f.name} archived`, () => restore.mutateAsync(f.id)); }, onError: failToast }); } }] : []),
        ]} /></span>
      ),
    },
  ];
  const add = can.make ? { label: 'New fragment', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage<Fragment> name="fragments" title="Fragments" crumbs={[{ label: 'Templates', href: paths.templates() }]} noun={{ one: 'fragment', many: 'fragments' }} query={query} state={state} columns={columns}
        rowKey={(f) => f.id} rowLabel={(f) => f.name} rowHref={(f) => paths.fragment(f.id)} primary={add} searchLabel="Search name or key" filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]}
        help={{ text: 'A fragment is a part that several templates include, such as a footer. A template keeps the version it was published with; you say when it is sent with a newer one.', guide: 'content' }}
        empty={<FirstUse icon={IconPuzzle} title="Write a footer once" text="A fragment is a part that several templates include: a header, a footer, a legal text. Change it in one place, then bring the templates up to date with one click." primary={add} />} />
      <SideDrawer name="fragment" right="templates:create" title="New fragment">{() => <FragmentForm onCancel={drawer.close} onMade={(made) => { go(paths.fragment(made.id)); }} />}</SideDrawer>
    </>
  );
}
