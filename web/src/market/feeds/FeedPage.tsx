import { Alert, Button, Stack, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AllDone, confirmTyped, Details, doneToast, failToast, formatNumber, JobProgress, ListView, Loaded, named, Page, paths, Section, StateBadge, Time, undoToast, useGo, useIdParam, useListState, type Column, type PageAction } from '@/kit';
import { FeedForm } from './FeedForm';
import { sourceWords, startWords, useFeed, whenWords, type Feed, type FeedRun } from './model';

const refresh = [['market-feeds']];
const modes: Readonly<Record<Feed['mode'], string>> = { upsert: 'new and known products', add: 'only new products', update: 'only known products' };
const trees: Readonly<Record<Feed['categories'], string>> = { add: 'new ones are added', overwrite: 'names and places follow the feed', ignore: 'left alone' };

function useActions(feed: Feed | undefined): { primary?: PageAction; secondary?: PageAction[]; menu?: PageAction[] } {
  const can = useCan('market:update'), canCreate = useCan('market:create'), canDelete = useCan('market:delete');
  const go = useGo();
  const path = { params: { path: { feed_id: feed?.id ?? 0 } } };
  const run = useAction({ refresh, run: (force: boolean, { headers }) => ok(api.POST('/api/v1/market/feeds/{feed_id}/run', { ...path, body: { force }, headers })) });
  const turn = useAction({ refresh, run: (active: boolean) => ok(api.PATCH('/api/v1/market/feeds/{feed_id}', { ...path, body: { active } })) });
  const copy = useAction({ refresh, run: (name: string, { headers }) => ok(api.POST('/api/v1/market/feeds/{feed_id}/copy', { ...path, body: { name }, headers })) });
  const drop = useAction({ refresh, run: () => ok(api.DELETE('/api/v1/market/feeds/{feed_id}', path)) });
  if (!can || !feed) return {};
  const busy = feed.open_run !== null;
  const start = (force: boolean) => { run.mutate(force, { onError: failToast }); };
  const now = { label: 'Load now', disabled: busy, onClick: () => { start(false); } };
  const on = { label: 'Switch on', onClick: () => { turn.mutate(true, { onSuccess: () => { doneToast(`${feed.name} switched on`); }, onError: failToast }); } };
  const off = { label: 'Switch off', onClick: () => { turn.mutate(false, { onSuccess: () => { undoToast(`${feed.name} switched off`, () => turn.mutateAsync(true)); }, onError: failToast }); } };
  const remove = async () => {
    const yes = await confirmTyped({ title: `Delete ${feed.name}?`, body: 'It never runs again, and the reports of its runs are lost. Products stay.', action: 'Delete feed', keep: 'Keep it', name: feed.name });
    if (yes) drop.mutate(undefined, { onSuccess: () => { doneToast(`${feed.name} deleted`); go(paths.marketFeeds()); }, onError: failToast });
  };
  return {
    primary: feed.active ? now : on,
    secondary: feed.active ? [] : [now],
    menu: [
      { label: 'Load even if nothing changed', disabled: busy, onClick: () => { start(true); } },
      ...(canCreate ? [{ label: 'Make a copy', onClick: () => { copy.mutate(`${feed.name} (copy)`, { onSuccess: (made) => { doneToast('Copied; the copy is switched off'); go(paths.marketFeed(made.id)); }, onError: failToast }); } }] : []),
      ...(feed.active ? [off] : []),
      ...(canDelete ? [{ label: 'Delete…', danger: true, disabled: busy, onClick: () => void remove() }] : []),
    ],
  };
}

function Working({ feed }: { feed: Feed }) {
  const can = useCan('market:update');
  const cancel = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/market/feeds/{feed_id}/cancel', { params: { path: { feed_id: feed.id } }, headers })) });
  const run = feed.open_run;
  if (!run?.job_id) return null;
  const stop = can && <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => { cancel.mutate(null, { onError: failToast }); }}>Stop this run</Button>;
  return <Section title={run.stage === 'fetch' ? 'Fetching the file' : run.stage === 'read' ? 'Reading the file' : 'Loading the offers'} actions={stop}><JobProgress id={run.job_id} /></Section>;
}

function Standing({ feed }: { feed: Feed }) {
  if (feed.stopped) return <Alert color="clay" title="Switched off after failures">{feed.stopped} Mend what is wrong, then switch it on again.</Alert>;
  if (feed.last_run?.state === 'failed' && !feed.open_run) return <Alert color="clay" title={feed.failures > 1 ? `The last ${feed.failures} runs failed` : 'The last run failed'}>{feed.last_run.error} <Time value={feed.last_run.finished_at} /></Alert>;
  return null;
}

const columns: Column<FeedRun>[] = [
  { key: 'at', header: 'Run', cell: (r) => <Time value={r.started_at ?? r.queued_at} mode="absolute" /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <StateBadge state={r.state} size="sm" /> },
  ...(['offers', 'created', 'updated', 'rejected'] as const).map((key): Column<FeedRun> => ({ key, header: { offers: 'Offers', created: 'Created', updated: 'Changed', rejected: 'Rejected' }[key], align: 'right', priority: 2, cell: (r) => formatNumber(r[key]) })),
  { key: 'source', header: 'Started', priority: 3, cell: startWords },
  { key: 'note', header: 'Note', priority: 3, cell: (r) => (r.error ? <Text c="error" lineClamp={2}>{r.error}</Text> : r.note) },
];

function Runs({ feed }: { feed: Feed }) {
  const state = useListState();
  const query = useList<FeedRun>(['market-feeds', 'runs', feed.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/feeds/{feed_id}/runs', { params: { path: { feed_id: feed.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })), { refetchInterval: feed.open_run ? 2000 : false });
  return <ListView<FeedRun> name="feed.runs" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} rowHref={(r) => paths.marketFeedRun(r.id)} noun={{ one: 'run', many: 'runs' }} searchLabel={null} empty={<AllDone>Not loaded yet. Load it now, or wait for its schedule.</AllDone>} />;
}

function Overview({ feed }: { feed: Feed }) {
  return (
    <Section title="What it does">
      <Details items={[
        ['Source', <Text key="s" span size="sm" style={{ overflowWrap: 'anywhere' }}>{sourceWords(feed.source)}</Text>],
        ['Runs', feed.source.kind === 'file' ? 'by hand; its file is uploaded' : `${feed.active || !feed.schedule ? '' : 'switched off; otherwise '}${whenWords(feed.schedule)}`],
        ['Loads', `${modes[feed.mode]}${feed.entity === 'skus' ? ', as SKUs of products that are there' : ''}`],
        ['Categories', trees[feed.categories]],
        ['Made by', feed.created_by],
      ]} />
    </Section>
  );
}

/** One feed: how it stands, its runs, its settings. */
export function FeedPage() {
  const query = useFeed(useIdParam('feedId'));
  const feed = query.data;
  const can = useCan('market:update');
  const actions = useActions(feed);
  return (
    <Page title={named(query, (found) => found.name, 'Feed')} crumbs={[{ label: 'Products', href: paths.products() }, { label: 'Feeds', href: paths.marketFeeds() }]} {...actions}
      help={{ text: 'Each run reads the whole file before anything changes. Its report names every offer that was refused.', guide: 'feeds' }}
      badges={feed && !feed.active && <StateBadge state="paused" label="Switched off" />}
      facts={feed ? [feed.next_run_at ? <>next run <Time key="n" value={feed.next_run_at} /></> : 'runs only by hand'] : []}
      tabs={feed ? [
        { value: 'runs', label: 'Runs', render: () => <Stack gap="md"><Working feed={feed} /><Standing feed={feed} /><Overview feed={feed} /><Runs feed={feed} /></Stack> },
        ...(can ? [{ value: 'settings', label: 'Settings', render: () => <div style={{ maxWidth: 880 }}><FeedForm key={feed.version} feed={feed} onSaved={() => { doneToast('Feed saved'); }} /></div> }] : []),
      ] : []}>
      {!feed && <Loaded query={query} what="the feed">{() => null}</Loaded>}
    </Page>
  );
}
