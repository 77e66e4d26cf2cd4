import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { PickOption } from './Pick';

const MOST = 1000;

/** The segments of a database by name; archived ones left out. */
export function useSegmentNames(databaseId: number) {
  return useQuery({
    queryKey: ['segments', 'names', databaseId],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { database: databaseId, limit: MOST, sort: 'name' } }, signal })),
    staleTime: 30_000, enabled: databaseId > 0, // rules on products belong to no database
  }).data?.items;
}

/** Choices for fields that hold the id of something: a resource of consent, a segment. */
export function useReferences(field: string, databaseId: number): readonly PickOption[] | undefined {
  const wantsResource = field.endsWith('.resource'), wantsSegment = field === 'event.segment';
  const resources = useQuery({ queryKey: ['resources', 'names'], queryFn: ({ signal }) => ok(api.GET('/api/v1/resources', { params: { query: { limit: MOST } }, signal })), enabled: wantsResource, staleTime: 30_000 }).data?.items;
  const segments = useQuery({
    queryKey: ['segments', 'names', databaseId], enabled: wantsSegment, staleTime: 30_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { database: databaseId, limit: MOST, sort: 'name' } }, signal })),
  }).data?.items;
  const found = wantsResource ? resources : wantsSegment ? segments : undefined;
  return found?.map((one) => ({ value: String(one.id), label: one.name }));
}
