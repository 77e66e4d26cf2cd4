import { Button, Group, Progress, Text } from '@mantine/core';
import { useState } from 'react';
import { cancelJob, ended, useJob, type Job } from '@/api/jobs';
import { useCan } from '@/api/session';
import { failToast } from '../confirm/toast';
import { StateBadge } from '../figures/StateBadge';
import { formatNumber } from '../format/number';
import { formatDuration, relativeTime } from '../format/time';

/** How far a job is, from 0 to 1; null while its size is unknown. */
export const shareOf = (job: Job): number | null => (job.total ? Math.min(1, job.done / job.total) : null);

/** `210,000 of 1,000,000 · ~4 min left · heartbeat 2 sec. ago` */
export function progressWords(job: Job, now: Date): string {
  const words = [job.total === null ? (job.done > 0 ? formatNumber(job.done) : '') : `${formatNumber(job.done)} of ${formatNumber(job.total)}`];
  if (job.state === 'running') {
    const share = shareOf(job);
    const ran = job.started_at ? now.getTime() - new Date(job.started_at).getTime() : 0;
    if (share !== null && share > 0.02 && share < 1 && ran > 3000) words.push(`~${formatDuration(Math.ceil((ran / share - ran) / 1000) * 1000)} left`);
    if (job.heartbeat_at && now.getTime() - new Date(job.heartbeat_at).getTime() > 15_000) words.push(`last sign of life ${relativeTime(job.heartbeat_at, now) ?? 'days ago'}`);
  }
  return words.filter(Boolean).join(' · ');
}

export function JobBar({ job, size = 6 }: { job: Job; size?: number }) {
  const share = shareOf(job);
  const color = job.state === 'failed' ? 'clay' : job.state === 'done' ? 'moss' : job.state === 'cancelled' ? 'gray' : 'fjord';
  const value = job.state === 'done' ? 100 : share === null ? (ended(job) ? 0 : 100) : share * 100;
  return (
    <Progress.Root size={size}>
      <Progress.Section value={value} color={color} striped={share === null && !ended(job)} aria-label={job.title}
        {...(share === null && !ended(job) ? { 'aria-valuetext': 'Working; the size is not known yet' } : {})} />
    </Progress.Root>
  );
}

/** Cancel, for those who may. Asks nothing: a cancelled job can be started again. */
export function CancelJob({ job, compact = false }: { job: Job; compact?: boolean }) {
  const can = useCan('jobs:cancel');
  const [busy, setBusy] = useState(false);
  if (!can || ended(job)) return null;
  const cancel = async () => {
    setBusy(true);
    try {
      await cancelJob(job.id);
    } catch (error) {
      failToast(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size={compact ? 'compact-xs' : 'compact-sm'} variant="default" loading={busy} disabled={job.cancel_requested} onClick={() => void cancel()}>
      {job.cancel_requested ? 'Stopping…' : 'Cancel'}
    </Button>
  );
}

/** One job on its object's page: state, bar, numbers, Cancel; the error in words when it failed. */
export function JobProgress({ id, onEnd }: { id: string | null | undefined; onEnd?: (job: Job) => void }) {
  const job = useJob(id, onEnd);
  if (!job) return null;
  return (
    <div role="group" aria-label={job.title}>
      <Group justify="space-between" gap="xs" mb={6}>
        <Group gap="xs"><StateBadge state={job.state} /><Text fw={550}>{job.title}</Text></Group>
        <CancelJob job={job} />
      </Group>
      <JobBar job={job} />
      <Text size="xs" c={job.error ? 'error' : 'dimmed'} mt={4}>{job.error ?? progressWords(job, new Date())}</Text>
    </div>
  );
}
