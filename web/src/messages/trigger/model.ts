import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';
import type { Mailing } from '../model';

export type Trigger = Mailing['triggers'][number];
export type EventTrigger = components['schemas']['EventTrigger'];
export type DateTrigger = components['schemas']['DateTrigger'];
export type EventType = components['schemas']['EventTypeOut'];
export type Property = EventType['properties'][number];

/** One line of a filter: a property of what happened (`trigger.…`) or a field of the person (`profile.…`). */
export interface WhereRow { field: string; op: string; value: unknown }

/** What a person chooses from; `types` are the events that each of them offers. */
export interface Choice { key: string; label: string; help: string; fits: (type: string) => boolean; first: EventTrigger | null }

const event = (type: string, where: WhereRow | null = null): EventTrigger => ({ kind: 'event', type, wait: 0, where: where ? writeWhere([where]) ?? null : null });
const starts = (...heads: string[]) => (type: string) => heads.some((head) => type.startsWith(head));

export const choices: readonly Choice[] = [
  { key: 'event', label: 'Event', help: 'Something of your own, a page, a form, a goal, points', fits: (type) => choices.every((c) => c.key === 'event' || !c.fits(type)), first: event('') },
  { key: 'subscription', label: 'Subscription changed', help: 'Somebody subscribes, confirms or leaves', fits: starts('subscription.'), first: event('subscription.changed') },
  { key: 'profile', label: 'Profile created or changed', help: 'A new person, or a field that changes', fits: starts('profile.'), first: event('profile.created') },
  { key: 'segment', label: 'Segment entered or left', help: 'A stored segment that somebody enters or leaves', fits: starts('segment.'), first: event('segment.entered', { field: 'trigger.segment', op: 'eq', value: '' }) },
  { key: 'campaign', label: 'Campaign entered or left', help: 'A campaign that somebody comes into or leaves, whatever their side', fits: starts('campaign.'), first: event('campaign.entered', { field: 'trigger.campaign', op: 'eq', value: '' }) },
  { key: 'order', label: 'Order', help: 'An order is made, paid, delivered, cancelled', fits: starts('order.'), first: event('order.created') },
  { key: 'message', label: 'Reaction to a message', help: 'A message is opened, a link in it clicked', fits: starts('message.'), first: event('message.clicked', { field: 'trigger.mailing', op: 'eq', value: '' }) },
  { key: 'date', label: 'Date or anniversary', help: 'A birthday, days before or after a date', fits: () => false, first: null },
  { key: 'call', label: 'API call', help: 'A program of yours asks for the message', fits: () => false, first: null },
];

export const fresh = (key: string): Trigger => {
  if (key === 'date') return { kind: 'date', field: 'birth_date', days: 0, at: '09:00', yearly: true, wait: 0 };
  if (key === 'call') return { kind: 'call', wait: 0 };
  return choices.find((c) => c.key === key)?.first ?? event('');
};

export const choiceOf = (trigger: Trigger): Choice | undefined =>
  choices.find((c) => (trigger.kind === 'event' ? trigger.type === '' ? c.key === 'event' : c.fits(trigger.type) : c.key === trigger.kind));

/** The lines of a condition; null for one that was made elsewhere and has other parts. */
export function readWhere(where: EventTrigger['where']): WhereRow[] | null {
  if (!where) return [];
  const found = where as unknown as Record<string, unknown>;
  const parts = found.kind === 'all' && Array.isArray(found.of) ? (found.of as Record<string, unknown>[]) : [found];
  const rows = parts.map((part) => (part.kind === 'compare' && typeof part.field === 'string' && typeof part.op === 'string' && typeof part.as === 'undefined' && !part.case ? { field: part.field, op: part.op, value: part.value ?? '' } : null));
  return rows.every((row) => row !== null) ? rows : null;
}

export function writeWhere(rows: readonly WhereRow[]): EventTrigger['where'] {
  if (rows.length === 0) return null;
  const parts = rows.map(({ field, op, value }) => ({ kind: 'compare', field, op, ...(noValue(op) ? {} : { value }) }));
  return (parts.length === 1 ? parts[0] : { kind: 'all', of: parts }) as unknown as EventTrigger['where'];
}

export function noValue(op: string): boolean { return op === 'is_present' || op === 'is_missing'; }
export const manyValues = (op: string) => ['in', 'not_in', 'any_of', 'all_of', 'none_of'].includes(op);

const words: Readonly<Record<string, string>> = {
  eq: 'is', ne: 'is not', in: 'is one of', not_in: 'is none of', contains: 'contains', not_contains: 'does not contain', starts_with: 'starts with', gt: 'is more than', gte: 'is at least', lt: 'is less than', lte: 'is at most',
  before: 'is before', after: 'is after', any_of: 'has any of', all_of: 'has all of', none_of: 'has none of', is_present: 'is known', is_missing: 'is not known',
};
const numbers = ['eq', 'ne', 'gte', 'lte', 'gt', 'lt'], texts = ['eq', 'ne', 'in', 'contains', 'starts_with'];
const known: Readonly<Record<string, readonly string[]>> = {
  string: texts, enum: ['eq', 'ne', 'in'], integer: numbers, float: numbers, decimal: numbers, boolean: ['eq'], date: ['before', 'after'], datetime: ['before', 'after'], tags: ['any_of', 'all_of', 'none_of'], any: [...texts, 'gte', 'lte'],
};

/** What may be asked of a value of a type. */
export const operators = (type: string) => [...(known[type] ?? ['eq', 'ne']), 'is_present', 'is_missing'].map((op) => ({ value: op, label: words[op] ?? op }));
export const operatorWords = (op: string) => words[op] ?? op.replaceAll('_', ' ');

/** What was typed, as JSON: a number where a number is meant. */
export function typed(text: string, type: string): unknown {
  if (text === 'true' || text === 'false') return type === 'boolean' || type === 'any' ? text === 'true' : text;
  return ['integer', 'float', 'decimal', 'any'].includes(type) && /^-?\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

export function waitWords(minutes: number): string {
  const [n, unit] = minutes % 1440 === 0 ? [minutes / 1440, 'day'] : minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return `${formatNumber(n)} ${unit}${n === 1 ? '' : 's'}`;
}

function dateWords(t: DateTrigger, label: (field: string) => string, zone?: string): string {
  const days = t.days ?? 0, name = label(t.field).toLowerCase();
  const when = days === 0 ? `On ${t.yearly ? 'the anniversary of ' : ''}${name}` : `${formatNumber(Math.abs(days))} ${Math.abs(days) === 1 ? 'day' : 'days'} ${days < 0 ? 'before' : 'after'} ${t.yearly ? 'the anniversary of ' : ''}${name}`;
  return `${when}, at ${t.at ?? '09:00'}${zone ? ` ${zone}` : ''}`;
}

/** A trigger in one line; a clock in it is followed by the database's time zone. */
export function triggerWords(t: Trigger, types: readonly EventType[], label: (field: string) => string = (field) => field.replaceAll('_', ' '), zone?: string): string {
  const wait = t.wait ? `, ${waitWords(t.wait)} later` : '';
  if (t.kind === 'call') return `API call${wait}`;
  if (t.kind === 'date') return `${dateWords(t, label, zone)}${wait}`;
  const rows = readWhere(t.where);
  const filter = rows === null ? ', filtered' : rows.map((r) => `${r.field.replace(/^(trigger|profile)\./, '').replaceAll('_', ' ')} ${operatorWords(r.op)}${noValue(r.op) ? '' : ` ${Array.isArray(r.value) ? r.value.join(', ') : String(r.value)}`}`).join(' and ');
  const name = types.find((type) => type.name === t.type)?.label ?? t.type;
  return `${name}${rows && rows.length > 0 ? `, when ${filter}` : filter}${wait}`;
}

export function useEventTypes(databaseId: number) {
  return useQuery({
    queryKey: ['event-types', 'choice', databaseId], staleTime: 30_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/event-types', { params: { query: { database: databaseId, limit: 1000 } }, signal })),
  }).data?.items;
}

export function useFields(databaseId: number) {
  return useQuery({
    queryKey: ['fields', databaseId, 'choice'], staleTime: 30_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}', { params: { path: { database_id: databaseId } }, signal })),
  }).data?.fields;
}

export function useTriggerState(mailing: Mailing) {
  return useQuery({
    queryKey: ['mailings', mailing.id, 'trigger'], refetchInterval: mailing.state === 'active' ? 5000 : false,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}/trigger', { params: { path: { mailing_id: mailing.id } }, signal })),
  });
}
