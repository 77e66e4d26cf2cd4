import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatStamp, paths } from '@/kit';
import type { Mailing } from '../model';

export type MailingRun = components['schemas']['MailingRun'];

/** A run that is at work, or waits. */
export const isOpen = (run: MailingRun) => run.phase === 'audience' || run.phase === 'sending' || run.phase === 'paused';

/** The run that the address names; none: the newest. */
export function useChosenRun(): number | undefined {
  const search: { filter?: unknown } = useSearch({ strict: false });
  const given: unknown = typeof search.filter === 'object' && search.filter !== null ? Reflect.get(search.filter, 'run') : undefined;
  const id = Number(Array.isArray(given) ? given[0] : given);
  return Number.isInteger(id) && id > 0 ? id : undefined;
}

export const reportOf = (mailing: Pick<Mailing, 'id'>, run: number) => `${paths.mailing(mailing.id)}?tab=report&filter=${encodeURIComponent(JSON.stringify({ run: [String(run)] }))}`;

/** The newest runs, to choose among; skipped launches wrote to nobody. */
export function useRuns(mailing: Mailing) {
  return useQuery({
    queryKey: ['mailings', mailing.id, 'runs', 'choice'], enabled: mailing.type === 'recurring',
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}/runs', { params: { path: { mailing_id: mailing.id }, query: { limit: 30 } }, signal })),
    refetchInterval: mailing.state === 'active' ? 5000 : false,
  }).data?.items.filter((run) => run.phase !== 'skipped');
}

/** What a run is called: the moment it was for. */
export const runWords = (run: MailingRun, zone?: string) => formatStamp(run.due_at ?? run.created_at, zone ? { zone } : {});
