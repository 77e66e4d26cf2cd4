/** What may reach the control group all the same: mailings, and whatever else people can be part of. */
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useVocabulary } from '@/conditions';
import type { Activity } from './model';

export const keyOf = (activity: Activity): string => `${activity.kind}:${activity.id}`;
export const activityOf = (text: string): Activity => ({ kind: text.split(':')[0] ?? '', id: Number(text.split(':')[1]) });

export interface ActivityGroup { group: string; items: { value: string; label: string }[] }
interface Named { kind: string; label: string; items: readonly { id: number; name: string }[] }

const plural = (label: string): string => (/s$/.test(label) ? label : `${label}s`);

/** Every kind with its things; what is chosen and not known any more keeps its number. */
export function groupsOf(known: readonly Named[], chosen: readonly string[]): ActivityGroup[] {
  const groups = known.map((k) => ({ group: plural(k.label), items: k.items.map((one) => ({ value: `${k.kind}:${one.id}`, label: one.name })) })).filter((g) => g.items.length > 0);
  const offered = new Set(groups.flatMap((g) => g.items.map((i) => i.value)));
  const others = chosen.filter((value) => !offered.has(value)).map((value) => ({ value, label: `${activityOf(value).kind.replaceAll('_', ' ')} ${activityOf(value).id}` }));
  return others.length > 0 ? [...groups, { group: 'Not here any more', items: others }] : groups;
}

/** The kinds of membership that send nothing themselves. */
const quiet = new Set(['segment', 'global_control']);

/** Mailings of the database, and the campaigns, scenarios and programs that its vocabulary names. */
export function useActivities(databaseId: number, chosen: readonly string[]): ActivityGroup[] {
  const mailings = useQuery({ queryKey: ['mailings', 'choice', databaseId], queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings', { params: { query: { limit: 1000, database: databaseId } }, signal })) });
  const memberships = useVocabulary(databaseId).data?.memberships ?? [];
  const others = memberships.filter((m) => !quiet.has(m.key)).map((m): Named => ({ kind: m.key, label: m.label, items: m.choices.map((c) => ({ id: Number(c.value), name: c.label ? c.label : c.value })) }));
  return groupsOf([{ kind: 'mailing', label: 'Mailing', items: mailings.data?.items ?? [] }, ...others], chosen);
}
