import type { LevelGroup } from '../model';

export interface LevelRow { id: string; key: string | null; name: string; threshold: string; benefits: string }
export interface GroupValues extends Record<string, unknown> {
  name: string; point_type: string | null; levels: LevelRow[]; entry: boolean; mode: LevelGroup['mode']; upgrade: LevelGroup['upgrade']; downgrade: LevelGroup['downgrade']; grace_days: number | string;
  review: string; months: number | string; dates: string; reset: LevelGroup['reset']['when']; how: LevelGroup['reset']['how']; reset_date: string;
}

let made = 0;
export const newLevel = (): LevelRow => ({ id: `new-${(made += 1)}`, key: null, name: '', threshold: '', benefits: '' });

export function valuesOf(group: LevelGroup | undefined, points: string | null): GroupValues {
  if (!group) {
    return {
      name: 'Levels', point_type: points, levels: [{ ...newLevel(), name: 'Basic', threshold: '0' }, { ...newLevel(), name: 'Silver', threshold: '500' }, { ...newLevel(), name: 'Gold', threshold: '1500' }],
      entry: true, mode: 'cumulative', upgrade: 'immediate', downgrade: 'none', grace_days: 0, review: 'none', months: 12, dates: '01-01', reset: 'none', how: 'to_zero', reset_date: '01-01',
    };
  }
  const { review, reset } = group;
  return {
    name: group.name, point_type: String(group.point_type_id), entry: group.entry !== null, mode: group.mode, upgrade: group.upgrade, downgrade: group.downgrade, grace_days: group.grace_days,
    levels: group.levels.map((l) => ({ id: String(l.id), key: l.key, name: l.name, threshold: l.threshold, benefits: l.benefits.join('\n') })),
    review: review.kind === 'every' ? (review.start ?? 'join') : review.kind, months: review.months ?? 12, dates: review.dates.join(', ') || '01-01', reset: reset.when, how: reset.how === 'keep' ? 'to_zero' : reset.how, reset_date: reset.date ?? '01-01',
  };
}

const day = /^\d\d-\d\d$/;
const number = /^\d+(\.\d+)?$/;

export function check(v: GroupValues) {
  const below = (i: number) => v.levels.slice(0, i).some((l) => Number(l.threshold) >= Number(v.levels[i]?.threshold));
  const rows = Object.fromEntries(v.levels.flatMap((l, i): (readonly [string, string])[] => [
    ...(l.name.trim() ? [] : [[`levels.${i}.name`, 'Enter a name for the level'] as const]),
    ...(number.test(l.threshold.trim()) ? (below(i) ? [[`levels.${i}.threshold`, 'A higher level takes more points'] as const] : []) : [[`levels.${i}.threshold`, 'Enter how many points it takes'] as const]),
  ]));
  return {
    name: v.name.trim() ? null : 'Enter a name for the level group',
    point_type: v.point_type ? null : 'Choose the points that decide',
    months: v.review !== 'join' && v.review !== 'level' ? null : Number(v.months) >= 1 ? null : 'Enter 1 to 120 months',
    dates: v.review !== 'dates' || v.dates.split(',').every((text) => day.test(text.trim())) ? null : 'Write days like 01-01, 07-01',
    reset_date: v.reset !== 'date' || day.test(v.reset_date.trim()) ? null : 'Write a day like 01-01',
    ...rows,
  };
}

export function bodyOf(v: GroupValues) {
  const review = v.review === 'dates' ? { kind: 'dates' as const, dates: v.dates.split(',').map((text) => text.trim()) }
    : v.review === 'none' ? { kind: 'none' as const } : { kind: 'every' as const, months: Number(v.months), start: v.review === 'level' ? 'level' as const : 'join' as const };
  const first = v.levels[0];
  const keys = new Set(v.levels.flatMap((l) => (l.key ? [l.key] : [])));
  // The entry level is the lowest one; a new level has no key yet, so it is named here.
  const key = first?.key ?? (first ? slug(first.name, keys) : null);
  return {
    name: v.name.trim(), point_type_id: Number(v.point_type), mode: v.mode, upgrade: v.upgrade, downgrade: v.downgrade, grace_days: Number(v.grace_days) || 0, review,
    reset: v.reset === 'date' ? { when: 'date' as const, how: v.how, date: v.reset_date.trim() } : { when: v.reset, how: v.reset === 'none' ? 'keep' as const : v.how },
    levels: v.levels.map((l, i) => ({ name: l.name.trim(), threshold: l.threshold.trim(), key: i === 0 ? key : l.key, benefits: l.benefits.split('\n').map((text) => text.trim()).filter(Boolean) })),
    entry: v.entry ? key : null,
  };
}

function slug(name: string, taken: ReadonlySet<string>): string {
  const stem = name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40) || 'level';
  let found = stem;
  for (let n = 2; taken.has(found); n += 1) found = `${stem}_${n}`;
  return found;
}
