import { useQuery } from '@tanstack/react-query';
import { api, ok, upload } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type ValueList = Schemas['ValueList'];
export type ValueListDetail = Schemas['ValueListDetail'];
export type Load = Schemas['ListLoad'];
export type Started = Schemas['ListLoadStarted'];
export type DataTable = Schemas['DataTable'];
export type DataTableDetail = Schemas['DataTableDetail'];
export type DataColumn = Schemas['DataColumn'];
export type DataRow = Schemas['DataRow'];
export type FileColumns = Schemas['FileColumns'];
export type Reading = Schemas['SheetReading'];
export type ValueType = ValueList['type'];

export const types: readonly { value: ValueType; label: string; hint: string }[] = [
  { value: 'text', label: 'Text', hint: 'names, cities, codes' },
  { value: 'email', label: 'E-mail address', hint: 'stored in lower case' },
  { value: 'phone', label: 'Phone number', hint: 'stored like +4740000000' },
  { value: 'integer', label: 'Whole number', hint: '41' },
  { value: 'decimal', label: 'Number', hint: '12.50' },
  { value: 'date', label: 'Day', hint: '2026-03-31' },
  { value: 'datetime', label: 'Moment', hint: '2026-03-31T18:00:00Z' },
  { value: 'ip', label: 'IP address', hint: '192.0.2.7' },
  { value: 'boolean', label: 'Yes or no', hint: 'columns of tables' },
];
export const typeWords = (type: ValueType) => types.find((t) => t.value === type)?.label ?? type;
/** Types that tell rows apart. */
export const keyTypes: readonly ValueType[] = ['text', 'email', 'phone', 'integer', 'ip', 'date'];

export const isActive = (load: Load) => load.state === 'queued' || load.state === 'running';
const hasActive = (found: { loads: Load[] } | undefined) => found?.loads.some(isActive) ?? false;

export function useValueList(id: number) {
  return useQuery({
    queryKey: ['value-lists', id],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/value-lists/{list_id}', { params: { path: { list_id: id } }, signal })),
    refetchInterval: (query) => (hasActive(query.state.data) ? 1500 : false),
  });
}

export function useDataTable(id: number) {
  return useQuery({
    queryKey: ['data-tables', id],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/data-tables/{table_id}', { params: { path: { table_id: id } }, signal })),
    refetchInterval: (query) => (hasActive(query.state.data) ? 1500 : false),
  });
}

/** What became of the rows of a file: the parts sum to its rows. */
export const partsOf = (load: Load) => [
  { label: 'added', value: load.counts.added ?? 0, tone: 'moss' as const },
  { label: 'changed', value: load.counts.updated ?? 0, tone: 'fjord' as const },
  { label: 'there already', value: load.counts.unchanged ?? 0 },
  { label: 'twice in the file', value: load.counts.duplicates ?? 0, tone: 'marigold' as const },
  { label: 'rejected', value: load.counts.rejected ?? 0, tone: 'clay' as const },
  { label: 'empty', value: load.counts.empty ?? 0 },
];

/** The lines of a pasted text that hold something. */
export const linesOf = (text: string) => text.split(/\r\n|\r|\n/).map((line) => line.trim()).filter(Boolean);
/** More lines than one call takes go as a file. */
export const ONE_CALL = 10_000;

/** A pasted text as the file that the server reads line by line, whatever signs the lines hold. */
export function pasted(lines: readonly string[]): FormData {
  const form = new FormData();
  form.append('format', JSON.stringify({ kind: 'csv', delimiter: '\u001f', quote: '', header: false }));
  form.append('file', new File([lines.join('\n')], 'Pasted values.txt', { type: 'text/plain' }));
  return form;
}

export function sendFile<T>(path: string, file: File, onProgress: (share: number) => void): Promise<T> {
  const form = new FormData();
  form.append('file', file);
  return upload<T>(path, form, onProgress);
}

/** The name of a column as rules call it: `Area m²` → `area_m`. */
export function slug(label: string, taken: readonly string[] = []): string {
  const plain = label.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 60) || 'column';
  const start = plain === 'id' || plain === 'version' ? `row_${plain}` : plain;
  let name = start;
  for (let n = 2; taken.includes(name); n += 1) name = `${start}_${n}`;
  return name;
}

/** A cell as text: an object, which no cell should hold, as JSON. */
export const plainText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
