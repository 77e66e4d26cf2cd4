import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatCount, paths, type SumPart } from '@/kit';

export type Import = components['schemas']['ImportOut'];
export type Preview = components['schemas']['ImportPreview'];
export type Mapping = components['schemas']['ColumnMapping'];
export type Options = components['schemas']['ImportOptions'];
export type Format = components['schemas']['FileFormat'];
export type Counts = components['schemas']['Counts'];

const separators: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

/** How a file is read, in words: `CSV · UTF-8 · separated by semicolons · with a header`. */
export function formatWords(how: Format): string {
  const text = how.kind === 'csv' || how.kind === 'tsv';
  const delimiter = how.delimiter ?? ',';
  return [
    how.kind === 'jsonl' ? 'JSON lines' : how.kind.toUpperCase(), text ? (how.encoding ?? 'utf-8').toUpperCase() : '', text ? `separated by ${separators[delimiter] ?? delimiter}` : '',
    how.sheet ? `sheet ${how.sheet}` : '', how.kind === 'jsonl' ? '' : how.header ?? true ? 'with a header' : 'no header', how.skip ? `${formatCount(how.skip, 'line', 'lines')} left out above` : '', how.compression && how.compression !== 'none' ? how.compression : '',
  ].filter(Boolean).join(' · ');
}

export const running = (found: Import) => found.state === 'queued' || found.state === 'running' || found.state === 'checking';

export function useImport(id: number) {
  return useQuery({
    queryKey: ['imports', id],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/imports/{import_id}', { params: { path: { import_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data && running(query.state.data) ? 1500 : false),
  });
}

export const partsOf = (counts: Counts, future: boolean) => [
  { label: future ? 'would be created' : 'created', value: counts.created ?? 0, tone: 'moss' as const },
  { label: future ? 'would be updated' : 'updated', value: counts.updated ?? 0, tone: 'fjord' as const },
  { label: future ? 'would stay' : 'unchanged', value: counts.unchanged ?? 0 },
  { label: 'rejected', value: counts.rejected ?? 0, tone: 'clay' as const },
  { label: 'repeated later in the file', value: counts.duplicates ?? 0, tone: 'marigold' as const },
];

/** What became of the rows, each figure with the people or the rows that it counts. */
export const linkedParts = (found: Import, seesPeople: boolean): SumPart[] => {
  const page = paths.import(found.database_id, found.id);
  const hrefs: Readonly<Record<string, string | false>> = {
    ...(seesPeople && found.people_known ? Object.fromEntries((['created', 'updated', 'unchanged'] as const).map((name) => [name, paths.figure(found.database_id, `import:${found.id}:${name}`)])) : {}),
    rejected: `${page}?tab=rejected`, 'repeated later in the file': `${page}?tab=duplicates`,
  };
  return partsOf(found.counts, false).map((part) => { const href = hrefs[part.label]; return href && part.value > 0 ? { ...part, href } : part; });
};

/** Rows that would be used: neither rejected nor repeated. */
export const writable = (counts: Counts) => (counts.created ?? 0) + (counts.updated ?? 0) + (counts.unchanged ?? 0);

const keyNames: Record<string, string> = {
  email: 'E-mail', phone: 'Phone', email_phone: 'E-mail or phone', external_id: 'External id', profile_id: 'Profile id',
  email_profile: 'E-mail of the profile only', email_sub: 'E-mail of subscriptions only', phone_sub: 'Phone of subscriptions only',
  email_phone_sub: 'E-mail or phone of subscriptions only',
};
/** Keys that are looked for in subscriptions too, where one resource can be asked for. */
export const looksAtSubscriptions = (key: string | null | undefined) => ['email', 'phone', 'email_phone', 'email_sub', 'phone_sub', 'email_phone_sub'].includes(key ?? 'email');

/** What rows are matched by, in words; a field of the database goes by its name. */
export const keyWords = (key: string | null | undefined) => keyNames[key ?? 'email'] ?? key ?? '';
export const fixedKeys = Object.entries(keyNames).map(([value, label]) => ({ value, label }));
