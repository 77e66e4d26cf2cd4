import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

export type Database = components['schemas']['DatabaseOut'];
export type Field = components['schemas']['FieldOut'];
export type FieldType = Field['type'];
export type Subscription = components['schemas']['Subscription'];
export type Resource = components['schemas']['ResourceOut'];
export type HistoryItem = components['schemas']['HistoryItem'];
export type Profile = Record<string, unknown> & { id: number };

export const fieldTypes: readonly { value: FieldType; label: string }[] = [
  { value: 'string', label: 'Text' },
  { value: 'integer', label: 'Whole number' },
  { value: 'float', label: 'Number' },
  { value: 'boolean', label: 'Yes or no' },
  { value: 'date', label: 'Date' },
  { value: 'datetime', label: 'Date and time' },
  { value: 'enum', label: 'One of a list' },
  { value: 'tags', label: 'Tags' },
  { value: 'ip', label: 'IP address' },
  { value: 'object', label: 'Object' },
  { value: 'objects', label: 'List of objects' },
];

export const fieldLabel = (field: Field) => field.label || field.name.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase());

/** What a person is called: their name, else an address, else the id in the company's own system. */
export function nameOf(profile: Profile): string {
  const text = (key: string) => (typeof profile[key] === 'string' ? profile[key] : '');
  const whole = [text('first_name'), text('last_name')].filter(Boolean).join(' ');
  const phones = Array.isArray(profile.phones) ? profile.phones : [];
  return whole || text('email') || text('external_id') || (typeof phones[0] === 'string' ? phones[0] : `Profile ${profile.id}`);
}

export function valueText(value: unknown): string | null {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return null;
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return value.join(', ');
  return JSON.stringify(value);
}

export function useDatabaseOf(id: number) {
  return useQuery({ queryKey: ['databases', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}', { params: { path: { database_id: id } }, signal })) });
}

export function useResources() {
  return useQuery({ queryKey: ['resources', 'all'], queryFn: ({ signal }) => ok(api.GET('/api/v1/resources', { params: { query: { limit: 1000 } }, signal })), staleTime: 30_000 }).data?.items;
}
