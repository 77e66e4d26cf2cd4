import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';
import { whenWords } from '@/profiles/imports/schedule/model';

export type LaunchSchedule = components['schemas']['MonthSchedule'];

const list = (days: readonly number[]) => [days.slice(0, -1).map(formatNumber).join(', '), formatNumber(days.at(-1) ?? 0)].filter(Boolean).join(' and ');

/** `every day at 09:00 UTC`, `on day 1 and 15 of the month at 09:00 UTC` */
export function launchWords(schedule: LaunchSchedule | null, zone: string): string {
  if (!schedule) return 'only when somebody launches it';
  const days = [...schedule.month_days ?? []].sort((a, b) => a - b);
  const words = whenWords(schedule, zone);
  if (days.length === 0) return words;
  return words.startsWith('every day') ? words.replace('every day', `on day ${list(days)} of the month`) : `${words}, when it is day ${list(days)} of the month`;
}

/** The next moments of a schedule, saved or not. */
export function useComing(databaseId: number, schedule: LaunchSchedule | null, count = 5) {
  return useQuery({
    queryKey: ['mailings', 'launches', databaseId, schedule, count], enabled: schedule !== null && /^\d\d:\d\d$/.test(schedule.at), retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/mailings/launches', { body: { database_id: databaseId, schedule: schedule ?? { at: '00:00' }, count }, signal })),
  });
}
