import { Alert, Code } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { ended, useJob } from '@/api/jobs';
import { AppLink, CancelJob, Details, formatDuration, JobBar, Loaded, named, Num, Page, paths, progressWords, Section, shareOf, StateBadge, Time, useTextParam } from '@/kit';

const figure = (value: unknown) => (typeof value === 'number' ? <Num value={value} /> : typeof value === 'string' ? value : <Code>{JSON.stringify(value)}</Code>);
const sentence = (key: string) => key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ');

/** One job: how far it is, what came of it, why it stopped. */
export function JobPage() {
  const id = useTextParam('jobId');
  const query = useQuery({ queryKey: ['jobs', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id: id } }, signal })) });
  const live = useJob(id);
  const job = live ?? query.data;
  return (
    <Page title={named({ data: job, error: query.error }, (found) => found.title, 'Job')} crumbs={[{ label: 'Jobs', href: paths.jobs() }]} badges={job && <StateBadge state={job.state} />}
      progress={job && !ended(job) ? shareOf(job) : null} tools={job && <CancelJob job={job} />}
      facts={job ? [`started by ${job.actor}`, <Time key="at" value={job.started_at ?? job.created_at} />, job.link && <AppLink key="link" href={job.link}>Open its object</AppLink>] : []}>
      <Loaded query={{ ...query, data: job }} what="the job">
        {(found) => (
          <>
            {found.error && <Alert color="clay" title="Why it stopped" role="alert">{found.error}</Alert>}
            <Section title="Progress">
              <JobBar job={found} size={8} />
              <Details items={[
                ['Done', progressWords(found, new Date()) || '–'],
                ['Queued', <Time key="q" value={found.created_at} mode="absolute" seconds />],
                ['Started', <Time key="s" value={found.started_at} mode="absolute" seconds />],
                ['Finished', <Time key="f" value={found.finished_at} mode="absolute" seconds />],
                ['Took', found.started_at && found.finished_at ? formatDuration(new Date(found.finished_at).getTime() - new Date(found.started_at).getTime()) : null],
                ['Last sign of life', <Time key="h" value={found.heartbeat_at} />],
                ['Attempts', <Num key="a" value={found.attempts} />],
              ]} />
            </Section>
            {found.result && Object.keys(found.result).length > 0 && (
              <Section title="Result"><Details items={Object.entries(found.result).map(([key, value]) => [sentence(key), figure(value)] as const)} /></Section>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
