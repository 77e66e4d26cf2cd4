/** Windows in time as a person chooses them, and back. What is not drawn stays as it was sent. */
import { filled, record } from './record';
import { durationWords } from './duration';
import type { Json } from './tree';
import { text, type Words } from './vocabulary';

export type WindowKind = 'ever' | 'last' | 'range' | 'from' | 'to' | 'calendar' | 'since';

const named: Readonly<Record<string, string>> = { 'day 0': 'today', 'day -1': 'yesterday', 'day 1': 'tomorrow' };

/** `this month`, `last quarter`, `3 months before this one` */
export function calendarWords(span: string, offset: number): string {
  const own = named[`${span} ${offset}`];
  if (own) return own;
  if (offset === 0) return `this ${span}`;
  if (Math.abs(offset) === 1) return `${offset < 0 ? 'last' : 'next'} ${span}`;
  return `${Math.abs(offset)} ${span}s ${offset < 0 ? 'before' : 'after'} this one`;
}

export interface CalendarChoice { value: string; label: string }

/** The choice of a span that is not listed. */
export const OTHER_SPAN = 'other';
const away: Readonly<Record<string, readonly number[]>> = { month: [0, -1, 1, -12], quarter: [0, -1, 1, -4] };
const awayOf = (span: string): readonly number[] => away[span] ?? [0, -1, 1];
const label = (span: string, by: number): string => (span === 'month' && by === -12 ? 'this month a year ago' : span === 'quarter' && by === -4 ? 'this quarter a year ago' : calendarWords(span, by));

/** Whether a span is one of those that are listed. */
export function offered(value: string): boolean {
  const [span = '', offset] = value.split(' ');
  return awayOf(span).includes(Number(offset));
}

/** The present span, the ones beside it and the same one a year ago; the last choice is any other. */
export function calendarChoices(spans: readonly string[]): CalendarChoice[] {
  return [...spans.flatMap((span) => awayOf(span).map((by) => ({ value: `${span} ${by}`, label: label(span, by) }))), { value: OTHER_SPAN, label: 'another span…' }];
}

export function readCalendar(value: string): Json {
  const [span, offset] = value.split(' ');
  return Number(offset) === 0 ? { calendar: span } : { calendar: span, offset: Number(offset) };
}

export const calendarValue = (within: Json | undefined): string => `${text(within?.calendar)} ${typeof within?.offset === 'number' ? within.offset : 0}`;

export function windowKind(within: Json | undefined): WindowKind {
  if (!within || Object.keys(within).every((key) => key === 'by')) return 'ever';
  if ('since' in within) return 'since';
  if ('calendar' in within) return 'calendar';
  if ('last' in within) return 'last';
  return 'from' in within && 'to' in within ? 'range' : 'from' in within ? 'from' : 'to';
}

/** The window in words, for names and folded groups. */
export function windowWords(words: Words, within: Json | undefined): string {
  switch (windowKind(within)) {
    case 'last': return typeof within?.last === 'string' ? `in the last ${durationWords(within.last)}` : '';
    case 'calendar': return calendarWords(text(within?.calendar), typeof within?.offset === 'number' ? within.offset : 0);
    case 'range': return `between ${text(within?.from) || '…'} and ${text(within?.to) || '…'}`;
    case 'from': return `since ${text(within?.from) || '…'}`;
    case 'to': return `before ${text(within?.to) || '…'}`;
    case 'since': {
      const since = record(within?.since), event = words.event(text(since?.event));
      return `since the ${since?.which === 'first' ? 'first' : 'last'} ${event?.one ?? (text(since?.event) || 'event')}`;
    }
    default: return '';
  }
}

export function windowFinished(within: Json | undefined): boolean {
  switch (windowKind(within)) {
    case 'ever': return true;
    case 'since': return filled(record(within?.since)?.event);
    case 'calendar': return filled(within?.calendar);
    case 'last': return filled(within?.last) && !/^-?PT?$/.test(text(within?.last));
    case 'range': return filled(within?.from) && filled(within?.to);
    case 'from': return filled(within?.from);
    default: return filled(within?.to);
  }
}
