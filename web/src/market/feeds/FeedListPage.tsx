import { IconPlus, IconRss } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { FirstUse, formatNumber, ListPage, NO_VALUE, paths, StateBadge, Time, useListState, type Column } from '@/kit';
import { sourceWords, type Feed } from './model';

function State({ feed }: { feed: Feed }) {
  if (feed.open_run) return <StateBadge state="running" size="sm" />;
  if (feed.stopped) return <StateBadge state="stopped" size="sm" label="Switched off by failures" />;
  if (!feed.active) return <StateBadge state="paused" size="sm" label="Switched off" />;
  if (feed.failures > 0) return <StateBadge state="failed" size="sm" label={feed.failures === 1 ? 'Last run failed' : `Failed ${feed.failures} times`} />;
  return <StateBadge state={feed.next_run_at ? 'scheduled' : 'inactive'} size="sm" label={feed.next_run_at ? 'Scheduled' : 'By hand only'} />;
}

const columns: Column<Feed>[] = [
  { key: 'name', header: 'Feed', sort: 'name', cell: (f) => f.name },
  { key: 'source', header: 'Source', cell: (f) => sourceWords(f.source), priority: 2 },
  { key: 'state', header: 'State', cell: (f) => <State feed={f} />, priority: 1 },
  { key: 'offers', header: 'Offers', align: 'right', priority: 2, cell: (f) => (f.last_run ? formatNumber(f.last_run.offers) : NO_VALUE) },
  { key: 'rejected', header: 'Rejected', align: 'right', priority: 2, cell: (f) => (f.last_run ? formatNumber(f.last_run.rejected) : NO_VALUE) },
  { key: 'last', header: 'Last run', cell: (f) => (f.last_run ? <Time value={f.last_run.finished_at ?? f.last_run.queued_at} /> : NO_VALUE), priority: 3 },
  { key: 'next_run_at', header: 'Next run', sort: 'next_run_at', cell: (f) => (f.next_run_at ? <Time value={f.next_run_at} /> : NO_VALUE), priority: 3 },
];

/** Where products come from by themselves. */
export function FeedListPage() {
  const state = useListState({ defaultSort: 'name' });
  const can = useCan('market:create');
  const query = useList<Feed>(['market-feeds', 'list', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/feeds', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const add = can ? { label: 'New feed', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.marketFeedNew() } : undefined;
  return (
    <ListPage<Feed> name="market-feeds" title="Feeds" crumbs={[{ label: 'Products', href: paths.products() }]} noun={{ one: 'feed', many: 'feeds' }} query={query} state={state} columns={columns} rowKey={(f) => f.id} rowLabel={(f) => f.name} rowHref={(f) => paths.marketFeed(f.id)} primary={add}
      help={{ text: 'A feed is the file of offers that a shop makes for Yandex Market or Google Merchant. Fidelia loads it by hand or on a schedule.', guide: 'feeds', api: '/market/feeds' }}
      empty={<FirstUse icon={IconRss} title="Let products come by themselves" text="Most shops already make a file of offers for a marketplace: YML or Google Merchant. Upload it, or name its address, and the catalogue follows." primary={add} />} />
  );
}
