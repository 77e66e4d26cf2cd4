import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Program = Schemas['ProgramOut'];
export type PointType = Schemas['PointTypeOut'];
export type LevelGroup = Schemas['LevelGroupOut'];
export type Level = Schemas['LevelOut'];
export type Partner = Schemas['PartnerOut'];
export type MemberSummary = Schemas['MemberSummary'];
export type Audience = Program['audience'];

const at = (id: number) => ({ path: { program_id: id } });

export function useProgram(id: number) {
  return useQuery({ queryKey: ['programs', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}', { params: at(id), signal })) });
}

/** Programs of a database that are not archived, the active one first. */
export function usePrograms(databaseId: number | undefined) {
  return useQuery({
    queryKey: ['programs', 'choice', databaseId], enabled: databaseId !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs', { params: { query: { limit: 200, ...(databaseId ? { database: databaseId } : {}) } }, signal })),
    select: ({ items }) => [...items].sort((a, b) => Number(b.state === 'active') - Number(a.state === 'active')),
  });
}

/** Kinds of points of a program; 0 while no program is at hand, and then nothing is asked. */
export function usePoints(id: number) {
  return useQuery({ queryKey: ['programs', id, 'points'], enabled: id > 0, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/points', { params: at(id), signal })), select: (found) => found.items });
}

export function useLevelGroups(id: number) {
  return useQuery({ queryKey: ['programs', id, 'levels'], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/level-groups', { params: at(id), signal })), select: (found) => found.items });
}

export function usePartners(id: number) {
  return useQuery({ queryKey: ['programs', id, 'partners'], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/partners', { params: at(id), signal })), select: (found) => found.items });
}

/** How many promotions a program has. */
export function usePromotionCount(id: number) {
  return useQuery({ queryKey: ['programs', id, 'promotions'], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/promotions', { params: at(id), signal })), select: (found) => found.items.length });
}

/** How many members there are, by level, and the newest days of review. */
export function useSummary(id: number, enabled = true) {
  return useQuery({ queryKey: ['programs', id, 'members', 'summary'], enabled, placeholderData: keepPreviousData, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/members/summary', { params: at(id), signal })) });
}

export const audiences: readonly { value: Audience; label: string; text: string }[] = [
  { value: 'everybody', label: 'Everybody in the database', text: 'New profiles join as soon as they are made' },
  { value: 'segment', label: 'The people of a segment', text: 'Who comes into it joins; who leaves it stays a member' },
  { value: 'manual', label: 'Only who is added', text: 'By hand, by the API or by a scenario' },
];

export function audienceWords(program: Pick<Program, 'audience' | 'segment_name' | 'database_name'>): string {
  if (program.audience === 'everybody') return `everybody in ${program.database_name}`;
  return program.audience === 'segment' ? `the people of ${program.segment_name ?? 'a segment'}` : 'only who is added';
}
