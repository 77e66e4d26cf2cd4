import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ended, isShown, watchJobs } from '@/api/jobs';
import { useMe } from '@/api/session';
import { doneToast, failToast } from '@/kit';
import { Problem } from '@/api/problem';

/** Says when a job that I started ended while I am on another page; refreshes lists of jobs at every end. */
export function JobWatch() {
  const me = useMe();
  const client = useQueryClient();
  const router = useRouter();
  const mine = me ? [me.name, me.email ?? ''].filter(Boolean) : [];
  const names = mine.join('\n');
  useEffect(() => watchJobs((job, before) => {
    if (!before || ended(before) || !ended(job)) return;
    void client.invalidateQueries({ queryKey: ['jobs'] });
    const elsewhere = router.state.location.pathname !== job.link?.split('?')[0] && !router.state.location.pathname.startsWith('/jobs');
    if (!elsewhere || isShown(job.id) || !names.split('\n').includes(job.actor)) return;
    if (job.state === 'done') doneToast(`${job.title}: done`);
    if (job.state === 'failed') failToast(new Problem({ status: 500, title: `${job.title} stopped`, detail: job.error ?? '' }));
  }), [client, router, names]);
  return null;
}
