import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/kit';

export type Hook = components['schemas']['Hook'];
export type Delivery = components['schemas']['HookDelivery'];
export type Rule = components['schemas']['PropertyRule'];
export type EventType = components['schemas']['EventTypeOut'];

export const refresh = [['hooks']];

/** A hook; asked for again while something waits for it. */
export const useHook = (id: number) => useQuery({
  queryKey: ['hooks', id],
  queryFn: ({ signal }) => ok(api.GET('/api/v1/hooks/{hook_id}', { params: { path: { hook_id: id } }, signal })),
  refetchInterval: (query) => (query.state.data && query.state.data.waiting > 0 && query.state.data.active ? 3000 : false),
});

/** The types of a database, built-in ones first. */
export const useTypes = (database: number | undefined) => useQuery({
  queryKey: ['event-types', database, 'all'],
  enabled: database !== undefined,
  queryFn: ({ signal }) => ok(api.GET('/api/v1/event-types', { params: { query: { database: database ?? 0, limit: 1000 } }, signal })),
});

export const pausedWords: Readonly<Record<NonNullable<Hook['paused_by']>, string>> = {
  person: 'Somebody paused it.',
  gone: 'Its receiver answered that it wants no more (410).',
  failing: 'Its receiver could not be reached for 24 hours.',
};

/** How a hook stands: the word and its tone's state. */
export function standing(hook: Hook): { state: string; label: string } {
  if (!hook.active) return hook.paused_by === 'person' ? { state: 'paused', label: 'Paused' } : { state: 'failed', label: 'Switched off' };
  return hook.attempts > 0 ? { state: 'stopped', label: 'Failing' } : { state: 'active', label: 'Active' };
}

export const kindWords: Readonly<Record<Delivery['kind'], string>> = { live: 'As it happens', replay: 'Replay', test: 'Test' };
export const stateWords: Readonly<Record<Delivery['state'], string>> = { waiting: 'Waiting', delivered: 'Delivered', failed: 'Failed', dropped: 'Dropped', skipped: 'Given up' };
export const stateLook: Readonly<Record<Delivery['state'], string>> = { waiting: 'waiting', delivered: 'delivered', failed: 'failed', dropped: 'rejected', skipped: 'cancelled' };

export const ops: readonly { value: Rule['op']; label: string }[] = [
  { value: 'eq', label: 'is' }, { value: 'ne', label: 'is not' }, { value: 'contains', label: 'contains' },
  { value: 'gt', label: 'is more than' }, { value: 'gte', label: 'is at least' }, { value: 'lt', label: 'is less than' }, { value: 'lte', label: 'is at most' },
  { value: 'is_present', label: 'is there' }, { value: 'is_missing', label: 'is missing' },
];

export const typesWords = (hook: Pick<Hook, 'types'>): string => (hook.types.length === 0 ? 'every event' : hook.types.length <= 2 ? hook.types.join(', ') : `${hook.types.slice(0, 2).join(', ')} and ${formatNumber(hook.types.length - 2)} more`);
