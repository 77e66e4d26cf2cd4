import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';

export type Timing = components['schemas']['Timing'];
export type Quiet = NonNullable<Timing['quiet']>;
export type Cycles = NonNullable<Timing['cycles']>;

export const NIGHT: Quiet = { from: '22:00', to: '08:00', zone: 'recipient' };
export const WARM_UP: Cycles = { limit: 500, hours: 24, growth: 20, growth_in: 'percent' };

const every = (hours: number) => (hours === 24 ? 'a day' : hours === 1 ? 'an hour' : `every ${formatNumber(hours)} hours`);
const grows = (c: Cycles) => (!c.growth ? '' : c.growth_in === 'percent' ? `, ${formatNumber(c.growth)} % more each time` : `, ${formatNumber(c.growth)} more each time`);

/** What a timing does, in words; empty when it does nothing. */
export function timingWords(timing: Timing): string {
  const parts = [
    timing.local_time ? 'at each person’s local time' : '',
    timing.quiet ? `not between ${timing.quiet.from} and ${timing.quiet.to}${timing.quiet.zone === 'database' ? ' of the database’s time zone' : ' where they are'}` : '',
    timing.cycles ? `${formatNumber(timing.cycles.limit)} people ${every(timing.cycles.hours ?? 24)}${grows(timing.cycles)}` : '',
  ].filter(Boolean);
  return parts.join('; ');
}
