import { api, ok } from '@/api/client';
import { ended, type Job } from '@/api/jobs';
import { useList } from '@/api/list';
import { AllDone, AppLink, CancelJob, type Column, formatDuration, JobBar, ListPage, paths, progressWords, StateBadge, Time, useListState } from '@/kit';
import { Stack } from '@mantine/core';

const columns: Column<Job>[] = [
  { key: 'title', header: 'Job', sort: 'title', cell: (job) => job.title },
  { key: 'state', header: 'State', sort: 'state', cell: (job) => <StateBadge state={job.state} size="sm" />, priority: 1 },
  {
    key: 'progress', header: 'Progress', width: 240,
    cell: (job) => (ended(job)
      ? job.error ?? progressWords(job, new Date())
      : <Stack gap={2}><JobBar job={job} /><span style={{ fontSize: 12 }}>{progressWords(job, new Date())}</span></Stack>),
  },
  { key: 'actor', header: 'Started by', sort: 'actor', cell: (job) => job.actor, priority: 3 },
  { key: 'started', header: 'Started', sort: 'started_at', cell: (job) => <Time value={job.started_at ?? job.created_at} /> },
  { key: 'took', header: 'Took', sort: 'took', align: 'right', priority: 3, cell: (job) => (job.started_at && job.finished_at ? <span style={{ whiteSpace: 'nowrap' }}>{formatDuration(new Date(job.finished_at).getTime() - new Date(job.started_at).getTime())}</span> : '–') },
  { key: 'object', header: 'Object', priority: 3, cell: (job) => (job.link ? <AppLink href={job.link}>Open</AppLink> : '–') },
  { key: 'cancel', header: 'Cancel', priority: 3, locked: true, cell: (job) => <CancelJob job={job} compact /> },
];

/** Everything that takes long, newest first. */
export function JobsPage() {
  const state = useListState({ defaultSort: '-started_at' });
  const query = useList(['jobs', state.params], ({ cursor, limit, signal }) =>
    ok(api.GET('/api/v1/jobs', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })), { refetchInterval: 5000 });
  return (
    <ListPage name="jobs" title="Jobs" noun={{ one: 'job', many: 'jobs' }} query={query} state={state} columns={columns}
      rowKey={(job) => job.id} rowLabel={(job) => job.title} rowHref={(job) => paths.job(job.id)}
      filters={[{
        key: 'state', label: 'State', options: [
          { value: 'active', label: 'Running or queued' }, { value: 'done', label: 'Done' }, { value: 'failed', label: 'Failed' }, { value: 'cancelled', label: 'Cancelled' },
        ],
      }]}
      help={{ text: 'Long work stands here: imports, calculations, mailings. A running job can be cancelled; it stops between two chunks of its work. Finished jobs are kept with their result.' }}
      empty={<AllDone>No job has run yet. Imports, calculations and mailings show up here.</AllDone>} />
  );
}
