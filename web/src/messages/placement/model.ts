import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatCount } from '@/kit';
import { fromLocal, toLocal, type Mailing } from '../model';

type Schemas = components['schemas'];
export type Slot = Schemas['Slot'];
export type Site = Schemas['Site'];
export type PlacementReport = Schemas['PlacementReport'];

export interface PlacementValues { slot_id: string | null; ends_at: string; refresh_minutes: string; priority: number | string; max_shows: number | string; until_clicked: boolean; closable: boolean }

export const placementValues = (m: Mailing): PlacementValues => {
  const p = m.placement ?? {};
  return {
    slot_id: p.slot_id ? String(p.slot_id) : null, ends_at: toLocal(p.ends_at ?? null), refresh_minutes: String(p.refresh_minutes ?? 0), priority: p.priority ?? 0, max_shows: p.max_shows ?? '',
    until_clicked: p.until_clicked ?? false, closable: p.closable ?? false,
  };
};

export const placementOf = (v: PlacementValues): Schemas['Placement'] => ({
  slot_id: v.slot_id ? Number(v.slot_id) : null, ends_at: fromLocal(v.ends_at), refresh_minutes: Number(v.refresh_minutes), priority: Number(v.priority) || 0, max_shows: v.max_shows === '' ? null : Number(v.max_shows),
  until_clicked: v.until_clicked, closable: v.closable,
});

/** How often it is seen by one person, as a sentence. */
export function showsWords(v: PlacementValues): string {
  const times = v.max_shows === '' ? 'each time they come' : Number(v.max_shows) === 1 ? 'once' : `${formatCount(Number(v.max_shows), 'time', 'times')} at most`;
  const until = [...(v.until_clicked ? ['click on it'] : []), ...(v.closable ? ['close it'] : [])].join(' or ');
  return `Each person sees it ${times}${until ? `, until they ${until}` : ''}.`;
}

/** The settings in words, for a comparison. */
export const placementWords = (v: PlacementValues, slots: readonly Slot[]): string => [
  slots.find((s) => String(s.id) === v.slot_id)?.name ?? 'no slot', v.ends_at ? `until ${v.ends_at.replace('T', ' ')}` : 'without an end', `priority ${v.priority}`, refreshWords(v.refresh_minutes), showsWords(v),
].join(' · ');

export const refreshes: readonly { value: string; label: string }[] = [
  { value: '0', label: 'Once, when it starts' }, { value: '5', label: 'Every 5 minutes' }, { value: '15', label: 'Every 15 minutes' }, { value: '60', label: 'Every hour' }, { value: '360', label: 'Every 6 hours' }, { value: '1440', label: 'Every day' },
];
export const refreshWords = (minutes: string): string => refreshes.find((r) => r.value === minutes)?.label ?? `Every ${minutes} minutes`;

export const useSlots = (databaseId: number | undefined) => useQuery({
  queryKey: ['slots', 'choice', databaseId], enabled: databaseId !== undefined,
  queryFn: ({ signal }) => ok(api.GET('/api/v1/placements/slots', { params: { query: { database: databaseId ?? 0, limit: 1000 } }, signal })),
});

export const elementOf = (key: string): string => `<div data-fidelia-slot="${key}"></div>`;

/** What a back end does to sign a visitor, by language. */
export const signings: readonly { value: string; label: string; text: string }[] = [
  { value: 'php', label: 'PHP', text: `$said = (time() + 3600) . '.user:' . $customerId;
$visitor = hash_hmac('sha256', $said, $secret) . '.' . $said;` },
  { value: 'python', label: 'Python', text: `said = f"{int(time.time()) + 3600}.user:{customer_id}"
visitor = hmac.new(secret.encode(), said.encode(), "sha256").hexdigest() + "." + said` },
  { value: 'node', label: 'Node', text: `const said = \`\${Math.floor(Date.now() / 1000) + 3600}.user:\${customerId}\`;
const visitor = crypto.createHmac('sha256', secret).update(said).digest('hex') + '.' + said;` },
];
