import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';

type Schemas = components['schemas'];
export type Member = Schemas['MemberOut'];
export type MemberDetail = Schemas['MemberDetail'];
export type MemberLevel = Schemas['MemberLevel'];

export const sources: readonly { value: Member['source']; label: string }[] = [
  { value: 'everybody', label: 'With the database' }, { value: 'segment', label: 'With the segment' }, { value: 'order', label: 'By an order' },
  { value: 'manual', label: 'By hand' }, { value: 'api', label: 'By the API' }, { value: 'scenario', label: 'By a scenario' },
];
export const sourceWords = (source: Member['source']): string => sources.find((s) => s.value === source)?.label ?? source;

export function memberName({ profile, profile_id: id }: Pick<Member, 'profile' | 'profile_id'>): string {
  const text = (key: string) => (typeof profile[key] === 'string' ? profile[key] : '');
  const phones = Array.isArray(profile.phones) ? String(profile.phones[0] ?? '') : '';
  return [text('first_name'), text('last_name')].filter(Boolean).join(' ') || text('email') || phones || `#${id}`;
}

/** `300 to Gold`; nothing on the highest level. */
export const nextWords = (level: MemberLevel): string | null => (level.next && level.missing ? `${formatNumber(Number(level.missing))} to ${level.next}` : null);

export function useMember(programId: number, profileId: number) {
  return useQuery({
    queryKey: ['members', programId, profileId],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/members/{profile_id}', { params: { path: { program_id: programId, profile_id: profileId } }, signal })),
  });
}
