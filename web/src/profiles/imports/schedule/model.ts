import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';
import { scheduleWords } from '@/segments/model';
import type { Format, Mapping, Options } from '../model';

export type Scheduled = components['schemas']['ScheduledImport'];
export type ScheduledRun = components['schemas']['ScheduledRun'];
export type Sample = components['schemas']['SourceSample'];
export type When = components['schemas']['ImportSchedule'];
type UrlSource = components['schemas']['UrlSource'];
type SqlSource = components['schemas']['SqlSource'];

/** Both kinds of source at once, so that switching between them loses nothing. */
export interface SourceValues {
  kind: 'url' | 'sql'; url: string; auth: 'none' | 'basic' | 'bearer' | 'header'; username: string; header: string;
  host: string; port: number | string; database: string; tls: 'verify' | 'require' | 'prefer' | 'disable'; query: string;
}

export interface Values extends Record<string, unknown> {
  name: string; source: SourceValues; secret: string; format: Format | null; mapping: Mapping[]; options: Options; schedule: When | null;
  segment: string | null; mode: 'add' | 'replace'; skip_triggers: boolean; skip_unchanged: boolean; stop_after: number | string;
}

const blank: SourceValues = { kind: 'url', url: '', auth: 'none', username: '', header: '', host: '', port: 5432, database: '', tls: 'verify', query: '' };

export function valuesOf(item: Scheduled | null): Values {
  return {
    name: item?.name ?? '', source: { ...blank, ...item?.source }, secret: '', format: item?.format ?? null, mapping: item?.mapping ?? [], options: item?.options ?? {},
    schedule: item ? item.schedule : { at: '03:00', weekdays: [] }, segment: item?.target ? String(item.target.segment) : null, mode: item?.target?.mode ?? 'add',
    skip_triggers: item?.target?.skip_triggers ?? false, skip_unchanged: item?.skip_unchanged ?? true, stop_after: item?.stop_after ?? 5,
  };
}

export function sourceOf(v: SourceValues): UrlSource | SqlSource {
  if (v.kind === 'url') return { kind: 'url', url: v.url.trim(), auth: v.auth, username: v.auth === 'basic' ? v.username : '', header: v.auth === 'header' ? v.header : '' };
  return { kind: 'sql', driver: 'postgresql', host: v.host.trim(), port: Number(v.port), database: v.database, username: v.username, tls: v.tls, query: v.query };
}

export const bodyOf = (v: Values) => ({
  name: v.name, source: sourceOf(v.source), format: v.source.kind === 'sql' ? null : v.format, mapping: v.mapping.filter((m) => m.field ?? m.new_field), options: v.options, schedule: v.schedule,
  target: v.segment ? { segment: Number(v.segment), mode: v.mode, skip_triggers: v.skip_triggers } : null, skip_unchanged: v.skip_unchanged, stop_after: Number(v.stop_after),
});

export function check(v: Values): Record<string, string | null> {
  const s = v.source, sql = s.kind === 'sql';
  return {
    name: v.name.trim() ? null : 'Enter a name for the scheduled import',
    'source.url': sql || /^https?:\/\/\S+$/i.test(s.url.trim()) ? null : 'Enter an address that starts with https:// or http://',
    'source.host': !sql || s.host.trim() ? null : 'Enter the server',
    'source.database': !sql || s.database.trim() ? null : 'Enter the name of the database',
    'source.username': (sql || s.auth === 'basic') && !s.username.trim() ? 'Enter the user name' : null,
    'source.header': !sql && s.auth === 'header' && !s.header.trim() ? 'Enter the name of the header' : null,
    'source.query': !sql || s.query.trim() ? null : 'Enter a query',
    mapping: v.mapping.some((m) => m.field ?? m.new_field) ? null : 'Test the source, then choose where its columns go',
    stop_after: Number(v.stop_after) >= 1 && Number(v.stop_after) <= 100 ? null : 'Enter a number from 1 to 100',
  };
}

/** Where the rows come from: `shop.example.com/customers.csv`, `customers on db.example.com`. */
export function sourceWords(source: Scheduled['source']): string {
  return source.kind === 'sql' ? `Query on ${source.database} at ${source.host}` : source.url.replace(/^https?:\/\//, '');
}

/** `every day at 03:00 UTC, then every 4 hours` */
export function whenWords(when: When | null, zone: string): string {
  const words = scheduleWords(when, zone);
  if (!when?.every_hours) return words;
  return `${words}, then ${when.every_hours === 1 ? 'every hour' : `every ${formatNumber(when.every_hours)} hours`} until the day ends`;
}

const starts: Record<ScheduledRun['source'], string> = { hand: 'by hand', api: 'by the API', schedule: 'on schedule' };
export const startWords = (run: ScheduledRun): string => (run.source === 'hand' ? `by ${run.actor}` : starts[run.source]);

export function useScheduled(id: number) {
  return useQuery({
    queryKey: ['import-schedules', id],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/import-schedules/{schedule_id}', { params: { path: { schedule_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data?.open_run ? 1500 : false),
  });
}
