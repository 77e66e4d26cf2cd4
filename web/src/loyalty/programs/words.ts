import { formatAmount, formatDay, formatNumber } from '@/kit';
import type { LevelGroup, PointType } from './model';

const units: Readonly<Record<string, readonly [string, string]>> = { D: ['day', 'days'], W: ['week', 'weeks'], M: ['month', 'months'], Y: ['year', 'years'], TH: ['hour', 'hours'], TM: ['minute', 'minutes'] };

/** `P14D` → `14 days`; what has several parts is said part by part. */
export function periodWords(iso: string): string {
  const parts = [...iso.matchAll(/(T?)(\d+)([DWMYHS])/g)];
  let time = false;
  const said = parts.map(([, t, number = '0', unit = 'D']) => {
    time = time || t === 'T';
    const [one, many] = units[time ? `T${unit}` : unit] ?? ['second', 'seconds'];
    return `${formatNumber(Number(number))} ${number === '1' ? one : many}`;
  });
  return said.length > 0 ? said.join(' and ') : iso;
}

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** `12-31` → `31 December`; `2027-12-31` as a day. */
export function dayWords(text: string): string {
  if (text.length === 10) return formatDay(`${text}T12:00:00Z`, 'UTC');
  const [month = '1', day = '1'] = text.split('-');
  return `${Number(day)} ${months[Number(month) - 1] ?? ''}`;
}

export function expiryWords({ kind, period, unit, on }: PointType['expiry']): string {
  if (kind === 'after' && period) return `lapse after ${periodWords(period)}`;
  if (kind === 'fixed' && on) return on.length === 5 ? `lapse every year at the end of ${dayWords(on)}` : `lapse at the end of ${dayWords(on)}`;
  if (kind === 'end_of' && unit) return period ? `lapse after ${periodWords(period)}, at the end of that ${unit}` : `lapse at the end of the ${unit}`;
  return 'never lapse';
}

/** `0.1` of `EUR` → `€0.10`; what is finer than the currency keeps its places. */
const worth = (ratio: string, currency: string): string => (/\.\d{3}/.test(ratio) ? `${ratio} ${currency}` : formatAmount(ratio, currency));

/** `standard · 1 = 1 € · usable after 14 days · lapse after 12 months, at the end of that month`. */
export function pointsWords(kind: PointType): string[] {
  return [
    kind.kind === 'standard' ? 'earned and spent' : 'decide the level, are never spent',
    ...(kind.ratio && kind.ratio_currency ? [`1 is worth ${worth(kind.ratio, kind.ratio_currency)}`] : []),
    kind.delay ? `usable after ${periodWords(kind.delay)}` : 'usable at once',
    expiryWords(kind.expiry),
    ...(kind.initial !== '0' ? [`members begin with ${kind.initial}`] : []),
    ...(kind.max_accrual ? [`${kind.max_accrual} at most at a time`] : []),
    ...(kind.max_balance ? [`${kind.max_balance} at most in all`] : []),
  ];
}

export function reviewWords({ kind, months: every, start, dates }: LevelGroup['review']): string {
  if (kind === 'none') return 'Levels are never reviewed';
  if (kind === 'dates') return `Levels are reviewed every year on ${dates.map(dayWords).join(', ')}`;
  const long = every === 12 ? 'a year' : every === 1 ? 'a month' : `${every ?? 0} months`;
  return `A level is reviewed ${long} after ${start === 'level' ? 'it was reached' : 'joining'}, and again after as long`;
}

const downs: Readonly<Record<LevelGroup['downgrade'], string>> = { none: 'nobody moves down', one_step: 'who has too few points moves one level down', to_earned: 'who has too few points moves down to the level they reach' };

/** How members move between the levels of a group, as sentences. */
export function groupWords(group: LevelGroup, points: string): string[] {
  const counts = group.mode === 'period' ? `Counted are ${points} earned since the last review` : `Counted are all ${points} earned`;
  const anew = group.reset.when === 'date' && group.reset.date ? `; counting begins anew every ${dayWords(group.reset.date)}`
    : group.reset.when === 'on_upgrade' ? '; a level reached uses its points up' : group.reset.when === 'at_review' && group.mode === 'cumulative' ? '; counting begins anew at every review' : '';
  const review = reviewWords(group.review);
  return [
    `${counts}${anew}.`,
    group.upgrade === 'immediate' ? 'Members move up as soon as they have the points.' : 'Members move up when their level is reviewed.',
    group.review.kind === 'none' ? `${review}.` : `${review}: ${downs[group.downgrade]}${group.downgrade !== 'none' && group.grace_days > 0 ? `, after ${formatNumber(group.grace_days)} more days to catch up` : ''}.`,
  ];
}
