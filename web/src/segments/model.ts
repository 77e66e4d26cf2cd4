import { IconBolt, IconListDetails, IconRefresh, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatDay, type Tone } from '@/kit';

export type Segment = components['schemas']['Segment'];
export type SegmentDetail = components['schemas']['SegmentDetail'];
export type SegmentRun = components['schemas']['SegmentRun'];
export type Schedule = components['schemas']['SegmentSchedule'];
export type Condition = components['schemas']['SegmentIn']['condition'];
export type Kind = Segment['type'];
export type Member = Record<string, unknown> & { profile_id: number };

export interface KindInfo { value: Kind; label: string; text: string; more: string; tone: Tone; icon: Icon }

export const kinds: readonly KindInfo[] = [
  { value: 'dynamic', label: 'Dynamic', text: 'Worked out each time it is used', more: 'Always up to date. The right choice for most segments.', tone: 'fjord', icon: IconBolt },
  { value: 'updatable', label: 'Updatable', text: 'A list its rules refill on a schedule', more: 'Tells who entered and who left, so that scenarios can react.', tone: 'iris', icon: IconRefresh },
  { value: 'static', label: 'Static', text: 'A list you keep by hand or API', more: 'People stay in it until somebody takes them out.', tone: 'gray', icon: IconListDetails },
];

/** As many as the comparison of the API takes. */
export const MOST_COMPARED = 5;

export const kindOf = (value: Kind): KindInfo => kinds.find((k) => k.value === value) ?? kinds[0] as KindInfo;

export function useSegment(id: number, enabled = true) {
  return useQuery({ queryKey: ['segments', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/segments/{segment_id}', { params: { path: { segment_id: id } }, signal })), enabled });
}

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export const weekdayOptions = weekdays.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }));

/** `every weekday at 03:00 Europe/Oslo until Thu 31 Dec 2026` */
export function scheduleWords(schedule: Schedule | null, zone: string): string {
  if (!schedule) return 'only when somebody starts it';
  const days = weekdays.filter((day) => schedule.weekdays?.includes(day));
  const work = days.length === 5 && !days.includes('saturday') && !days.includes('sunday');
  const named = days.map((day) => weekdayOptions.find((o) => o.value === day)?.label ?? day);
  const when = days.length === 0 || days.length === 7 ? 'every day' : work ? 'every weekday' : `every ${[named.slice(0, -1).join(', '), named.at(-1)].filter(Boolean).join(' and ')}`;
  return `${when} at ${schedule.at} ${schedule.timezone ?? zone}${schedule.until ? ` until ${formatDay(schedule.until)}` : ''}`;
}

const sources: Readonly<Record<string, string>> = { hand: 'by hand', api: 'by the API', import: 'by an import', schedule: 'on schedule', system: 'by the system', recalculation: 'by recalculation' };
/** By what a list was changed. */
export const sourceWords = (source: string): string => sources[source] ?? source.replaceAll('_', ' ');

export interface Example { key: string; label: string; text: string; condition: Record<string, unknown> }

/** Where a new segment may start from; every part can be changed. */
export const examples: readonly Example[] = [
  {
    key: 'lapsed', label: 'Lapsed good customers', text: 'Three orders in a year, none for 60 days',
    condition: {
      kind: 'all', of: [
        { kind: 'related', link: 'orders', within: { last: 'P365D' }, count: { op: 'gte', value: 3 } },
        { kind: 'not', of: { kind: 'any', of: [{ kind: 'related', link: 'orders', within: { last: 'P60D' } }] } },
      ],
    },
  },
  {
    key: 'spenders', label: 'Big spenders', text: 'Orders of 1,000 or more in 90 days',
    condition: { kind: 'related', link: 'orders', within: { last: 'P90D' }, measure: { fn: 'sum', of: 'total', op: 'gte', value: '1000' } },
  },
  {
    key: 'new', label: 'New people', text: 'Joined in the last 30 days, no order yet',
    condition: {
      kind: 'all', of: [
        { kind: 'compare', field: 'profile.created_at', op: 'in_last', value: 'P30D' },
        { kind: 'related', link: 'orders', count: { op: 'eq', value: 0 } },
      ],
    },
  },
  {
    key: 'birthday', label: 'Birthday soon', text: 'Birthday within a week',
    condition: { kind: 'compare', field: 'profile.birth_date', op: 'anniversary_in', value: 'P7D' },
  },
];
