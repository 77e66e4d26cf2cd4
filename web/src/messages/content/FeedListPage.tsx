import { Text } from '@mantine/core';
import { IconAlertTriangle, IconPlus, IconRss } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, FirstUse, ListPage, MenuActions, Num, paths, SideDrawer, Time, ToneBadge, undoToast, useDrawer, useGo, useListState, type Column } from '@/kit';
import { FeedForm } from './FeedForm';
import type { Feed } from './model';

/** JSON from addresses, shown in messages. */
export function FeedListPage() {
  const state = useListState({ defaultSort: 'name' });
  const { archived, ...params } = state.params, old = archived === 'yes';
  const go = useGo();
  const drawer = useDrawer('feed');
  const can = { make: useCan('templates:create'), change: useCan('templates:update'), remove: useCan('templates:delete') };
  const query = useList<Feed>(['feeds', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/feeds', { params: { query: { ...params, ...(old ? { archived: true } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const path = (id: number) => ({ params: { path: { feed_id: id } } });
  const archive = useAction({ refresh: [['feeds']], run: (id: number) => ok(api.DELETE('/api/v1/feeds/{feed_id}', path(id))) });
  const restore = useAction({ refresh: [['feeds']], run: (id: number, { headers }) => ok(api.POST('/api/v1/feeds/{feed_id}/restore', { ...path(id), headers })) });
  const columns: Column<Feed>[] = [
    { key: 'name', header: 'Feed', sort: 'name', cell: (f) => f.name },
    { key: 'key', header: 'In templates', sort: 'key', priority: 2, cell: (f) => <Text span inherit ff="monospace">feeds.{f.key}</Text> },
    { key: 'url', header: 'Address', priority: 3, cell: (f) => <Text span inherit c="dimmed" style={{ overflowWrap: 'anywhere' }}>{f.url}</Text> },
    { key: 'state', header: 'State', priority: 1, cell: (f) => (f.error ? <ToneBadge tone="clay" icon={IconAlertTriangle}>failed</ToneBadge> : f.fetched_at ? <ToneBadge tone="moss">works</ToneBadge> : <ToneBadge tone="gray">not fetched yet</ToneBadge>) },
    { key: 'fetched_at', header: 'Fetched', sort: 'fetched_at', priority: 2, cell: (f) => <Time value={f.fetched_at} none="never" /> },
    { key: 'used_by', header: 'Templates', align: 'right', priority: 3, cell: (f) => <Num value={f.used_by} /> },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (f) => (
        <span data-above><MenuActions label={`Actions for ${f.name}`} actions={[
          ...(can.change && old ? [{ label: 'Restore', onClick: () => { restore.mutate(f.id, { onSuccess: () => { doneToast(`${f.name} is back`); }, onError: failToast }); } }] : []),
          ...(can.remove && !old ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(f.id, { onSuccess: () => { undoToast(`${f.name} archived`, () => restore.mutateAsync(f.id)); }, onError: failToast }); } }] : []),
        ]} /></span>
      ),
    },
  ];
  const add = can.make ? { label: 'New feed', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage<Feed> name="feeds" title="Feeds" crumbs={[{ label: 'Templates', href: paths.templates() }]} noun={{ one: 'feed', many: 'feeds' }} query={query} state={state} columns={columns} rowKey={(f) => f.id} rowLabel={(f) => f.name} rowHref={(f) => paths.feed(f.id)}
        primary={add} searchLabel="Search name, key or address" filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]}
        help={{ text: 'A feed is JSON from an address, such as the weather or the prices of today. It is fetched once for a mailing, or for each person where their values stand in the address.', guide: 'content' }}
        empty={<FirstUse icon={IconRss} title="Show what another service knows" text="Prices, weather, recommendations: name an address that gives JSON, look at its values, and click those into your template." primary={add} />} />
      <SideDrawer name="feed" size={720} right="templates:create" title="New feed">{() => <FeedForm onCancel={drawer.close} onSaved={(made) => { go(paths.feed(made.id)); }} />}</SideDrawer>
    </>
  );
}
