/** What the data holds: values of a field with counts, how many have one, what is used at all. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import type { Inside } from './inner';
import { text, type Field } from './vocabulary';

export type FieldValues = components['schemas']['FieldValues'];
export type Usage = components['schemas']['Usage'];

/** Whose field it is: a person's, or one of the rows of an event or a link. */
export interface Place { event?: string; link?: string }

export function placeOf(inside: Inside | null): Place {
  if (inside?.node.kind === 'occurred') return { event: text(inside.node.event) };
  return inside?.node.kind === 'related' ? { link: text(inside.node.link) } : {};
}

const WAIT_MS = 150;
const MOST = 12;
const looked = new Set(['string', 'enum', 'tags', 'ip', 'integer', 'float', 'decimal', 'tree']);

/** Fields of another place than the row's own are asked for where they live. */
const placeFor = (field: Field, place: Place): Place => (/^(profile|now)\./.test(field.name) ? {} : place);

/** The commonest values that contain what was typed. */
export function useValues(databaseId: number, field: Field, place: Place, typed: string, wanted: boolean) {
  const [q] = useDebouncedValue(typed.trim(), WAIT_MS);
  const can = useCan('profiles:read');
  const at = placeFor(field, place);
  return useQuery({
    queryKey: ['vocabulary', databaseId, 'values', field.name, at, q],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/vocabulary/values', { params: { query: { database: databaseId, field: field.name, limit: MOST, ...(q ? { q } : {}), ...at } }, signal })),
    enabled: databaseId > 0 && wanted && can && field.name !== '' && looked.has(field.type) && !field.name.startsWith('now.'),
    staleTime: 60_000, retry: false, placeholderData: keepPreviousData,
  });
}

/** Fill rates, examples and how often events happen. */
export function useUsage(databaseId: number) {
  const can = useCan('profiles:read');
  return useQuery({
    queryKey: ['vocabulary', databaseId, 'usage'],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/vocabulary/usage', { params: { query: { database: databaseId } }, signal })),
    enabled: databaseId > 0 && can, staleTime: 60_000, retry: false,
  }).data;
}

/** Properties that were seen in open rows or in a field that is an object. */
export function useProperties(databaseId: number, place: Place & { field?: string }, wanted: boolean) {
  return useQuery({
    queryKey: ['vocabulary', databaseId, 'properties', place],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/vocabulary/properties', { params: { query: { database: databaseId, ...place } }, signal })),
    enabled: databaseId > 0 && wanted, staleTime: 60_000, retry: false,
  }).data?.items;
}

/** Properties seen in each field that is an object, by the field's name. */
export function useObjectProperties(databaseId: number, fields: readonly Field[]): ReadonlyMap<string, readonly components['schemas']['PropertyUse'][]> {
  return useQueries({
    queries: fields.filter((f) => f.type === 'object').map((f) => ({
      queryKey: ['vocabulary', databaseId, 'properties', { field: f.name }], enabled: databaseId > 0, staleTime: 60_000, retry: false,
      queryFn: async ({ signal }: { signal: AbortSignal }) => [f.name, (await ok(api.GET('/api/v1/vocabulary/properties', { params: { query: { database: databaseId, field: f.name } }, signal }))).items] as const,
    })),
    combine: (all) => new Map(all.flatMap((one) => (one.data ? [one.data] : []))),
  });
}
