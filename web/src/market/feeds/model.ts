import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';
import { scheduleWords } from '@/segments/model';

export type Feed = components['schemas']['MarketFeed'];
export type FeedRun = components['schemas']['MarketFeedRun'];
export type FeedPreview = components['schemas']['MarketFeedPreview'];
export type FeedMapping = components['schemas']['MarketFeedMapping'];
export type FeedName = components['schemas']['FeedName'];
export type UploadedFeed = components['schemas']['UploadedFeed'];
export type RejectedOffer = components['schemas']['RejectedOffer'];
export type UnknownField = components['schemas']['UnknownField'];
export type When = components['schemas']['MarketFeedSchedule'];
export type FieldType = UnknownField['type'];

export const ZONE = 'UTC';

export interface SourceValues { kind: 'url' | 'file'; url: string; auth: 'none' | 'basic' | 'bearer' | 'header'; username: string; header: string; name: string }
export interface Values extends Record<string, unknown> {
  name: string; source: SourceValues; secret: string; file: string | null; currency: string; entity: Feed['entity']; mode: Feed['mode']; categories: Feed['categories']; unknown: Feed['unknown'];
  mapping: FeedMapping[]; schedule: When | null; skip_unchanged: boolean; stop_after: number | string;
}

const blank: SourceValues = { kind: 'url', url: '', auth: 'none', username: '', header: '', name: '' };

export function valuesOf(feed: Feed | null): Values {
  return {
    name: feed?.name ?? '', source: { ...blank, ...feed?.source }, secret: '', file: null, currency: feed?.currency ?? '', entity: feed?.entity ?? 'products', mode: feed?.mode ?? 'upsert', categories: feed?.categories ?? 'add',
    unknown: feed?.unknown ?? 'keep', mapping: feed?.mapping ?? [], schedule: feed ? feed.schedule : { at: '06:00', weekdays: [] }, skip_unchanged: feed?.skip_unchanged ?? true, stop_after: feed?.stop_after ?? 5,
  };
}

export const sourceOf = (s: SourceValues): Feed['source'] => (s.kind === 'file' ? { kind: 'file', name: s.name }
  : { kind: 'url', url: s.url.trim(), auth: s.auth, username: s.auth === 'basic' ? s.username : '', header: s.auth === 'header' ? s.header : '' });

export const bodyOf = (v: Values) => ({
  name: v.name, source: sourceOf(v.source), currency: v.currency.trim().toUpperCase() || null, entity: v.entity, mode: v.mode, categories: v.categories, unknown: v.unknown, mapping: v.mapping,
  schedule: v.source.kind === 'url' ? v.schedule : null, skip_unchanged: v.skip_unchanged, stop_after: Number(v.stop_after), ...(v.secret ? { secret: v.secret } : {}), ...(v.source.kind === 'file' && v.file ? { file: v.file } : {}),
});

export function check(v: Values): Record<string, string | null> {
  const s = v.source, url = s.kind === 'url';
  return {
    name: v.name.trim() ? null : 'Enter a name for the feed',
    'source.url': !url || /^https?:\/\/\S+$/i.test(s.url.trim()) ? null : 'Enter an address that starts with https:// or http://',
    'source.username': url && s.auth === 'basic' && !s.username.trim() ? 'Enter the user name' : null,
    'source.header': url && s.auth === 'header' && !s.header.trim() ? 'Enter the name of the header' : null,
    file: url || s.name ? null : 'Choose a file',
    currency: v.currency.trim() === '' || /^[a-z]{3}$/i.test(v.currency.trim()) ? null : 'A currency is three letters, like EUR',
    stop_after: Number(v.stop_after) >= 1 && Number(v.stop_after) <= 100 ? null : 'Enter a number from 1 to 100',
  };
}

/** `shop.example.com/feed.xml`, `the file feed.xml` */
export const sourceWords = (source: Feed['source']): string => (source.kind === 'url' ? source.url.replace(/^https?:\/\//, '') : source.name);

/** `every day at 06:00 UTC, then every 4 hours` */
export function whenWords(when: When | null): string {
  const words = scheduleWords(when, ZONE);
  return when?.every_hours ? `${words}, then ${when.every_hours === 1 ? 'every hour' : `every ${formatNumber(when.every_hours)} hours`} until the day ends` : words;
}

export const formats: Readonly<Record<NonNullable<Feed['format']>, string>> = { yml: 'Yandex market language (YML)', google_xml: 'Google Merchant, XML', google_table: 'Google Merchant, table' };
export const fieldTypes: readonly { value: FieldType; label: string }[] = [
  { value: 'string', label: 'Text' }, { value: 'int', label: 'Whole number' }, { value: 'float', label: 'Number' }, { value: 'bool', label: 'Yes or no' }, { value: 'list', label: 'List of texts' }, { value: 'date', label: 'Day' },
];

/** Fields of products that something of an offer can go to. */
export const targets: readonly { value: string; label: string }[] = [
  { value: 'name', label: 'Name' }, { value: 'brand', label: 'Brand' }, { value: 'category', label: 'Category' }, { value: 'price', label: 'Price' }, { value: 'old_price', label: 'Earlier price' }, { value: 'floor', label: 'Lowest price' },
  { value: 'currency', label: 'Currency' }, { value: 'url', label: 'Page' }, { value: 'description', label: 'Description' }, { value: 'picture', label: 'Picture' }, { value: 'tags', label: 'Tags' }, { value: 'available', label: 'Available' },
  { value: 'quantity', label: 'In stock' }, { value: 'delivery', label: 'Delivery' }, { value: 'warranty', label: 'Warranty' }, { value: 'expires_on', label: 'Best before' }, { value: 'group', label: 'Product it is a variant of' },
];
export const targetWords = (field: string | null): string => (field === null ? 'nowhere' : targets.find((t) => t.value === field)?.label ?? field.replace(/^property\./, 'own field '));

const starts: Record<FeedRun['source'], string> = { hand: 'by hand', api: 'by the API', schedule: 'on schedule' };
export const startWords = (run: FeedRun): string => (run.source === 'hand' ? `by ${run.actor}` : starts[run.source]);

export function useFeed(id: number, enabled = true) {
  return useQuery({
    queryKey: ['market-feeds', id], enabled, queryFn: ({ signal }) => ok(api.GET('/api/v1/market/feeds/{feed_id}', { params: { path: { feed_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data?.open_run ? 1500 : false),
  });
}
