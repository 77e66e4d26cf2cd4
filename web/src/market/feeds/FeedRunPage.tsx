import { Alert, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, formatDuration, JobProgress, ListView, Loaded, named, Page, paths, StateBadge, Time, useIdParam, useListState, formatNumber, type Column } from '@/kit';
import { formats, startWords, useFeed, type FeedRun, type RejectedOffer } from './model';
import { Reasons, RunFigures, UnknownFields } from './RunFigures';

const columns: Column<RejectedOffer>[] = [
  { key: 'line', header: 'Line', align: 'right', cell: (r) => formatNumber(r.line) },
  { key: 'offer', header: 'Offer', priority: 1, cell: (r) => r.offer },
  { key: 'field', header: 'Field', priority: 2, cell: (r) => r.field },
  { key: 'value', header: 'Value', priority: 3, cell: (r) => r.value },
  { key: 'reason', header: 'Why', priority: 2, cell: (r) => r.reason },
];

function RejectedTab({ run }: { run: FeedRun }) {
  const state = useListState();
  const query = useList<RejectedOffer>(['market-feeds', 'rejected', run.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/feed-runs/{run_id}/rejected', { params: { path: { run_id: run.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return <ListView<RejectedOffer> name="feed.rejected" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => `Line ${r.line}`} noun={{ one: 'rejected offer', many: 'rejected offers' }} searchLabel={null} empty={<AllDone>Nothing was rejected. Every offer of the file could be taken.</AllDone>} />;
}

/** The report of a run: what became of the offers, which were refused and why. */
export function FeedRunPage() {
  const id = useIdParam('runId');
  const query = useQuery({
    queryKey: ['market-feeds', 'run', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/feed-runs/{run_id}', { params: { path: { run_id: id } }, signal })),
    refetchInterval: (q) => (q.state.data && q.state.data.finished_at === null ? 1500 : false),
  });
  const run = query.data;
  const asked = useFeed(run?.feed_id ?? 0, run !== undefined), feed = asked.data;
  const [made, setMade] = useState(0);
  const took = run?.started_at && run.finished_at ? new Date(run.finished_at).getTime() - new Date(run.started_at).getTime() : null;
  const file = run && run.rejected > 0 ? [{ label: 'Download rejected offers', onClick: () => { window.location.assign(`/api/v1/market/feed-runs/${run.id}/rejected.csv`); } }] : [];
  return (
    <Page title={named({ data: feed, error: asked.error ?? query.error }, (found) => `Run of ${found.name}`, 'Run of a feed')} crumbs={[{ label: 'Feeds', href: paths.marketFeeds() }, ...(feed ? [{ label: feed.name, href: paths.marketFeed(feed.id) }] : [])]} badges={run && <StateBadge state={run.state} />}
      facts={run ? [<Time key="t" value={run.started_at ?? run.queued_at} mode="absolute" />, startWords(run), run.format && formats[run.format], took !== null && formatDuration(took)] : []} secondary={file}
      help={{ text: 'The parts add up to the offers of the file. A file that is broken anywhere changes nothing.', guide: 'feeds' }}
      tabs={run ? [
        { value: 'report', label: 'Report', render: () => (
          <Stack gap="md">
            {run.error && <Alert color="clay" title="The run failed">{run.error}</Alert>}
            {run.note && <Alert color="iris">{run.note}.</Alert>}
            {run.finished_at === null && run.job_id && <JobProgress id={run.job_id} />}
            {run.state !== 'skipped' && run.offers > 0 && <RunFigures run={run} />}
            <Reasons run={run} />
            <UnknownFields key={made} run={run} onMade={() => { setMade((n) => n + 1); }} />
          </Stack>
        ) },
        { value: 'rejected', label: 'Rejected', count: run.rejected, render: () => <RejectedTab run={run} /> },
      ] : []}>
      {!run && <Loaded query={query} what="the run of the feed">{() => null}</Loaded>}
    </Page>
  );
}
