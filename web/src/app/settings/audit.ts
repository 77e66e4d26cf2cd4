import type { components } from '@/api/schema';

type Entry = components['schemas']['AuditOut'];

const verbs: Readonly<Record<string, string>> = {
  created: 'created', updated: 'changed', deleted: 'deleted', archived: 'archived', restored: 'restored', disabled: 'closed', enabled: 'opened again', revoked: 'revoked',
  started: 'started', paused: 'paused', resumed: 'went on with', stopped: 'stopped', published: 'published', scheduled: 'scheduled', signed_in: 'signed in', signed_out: 'signed out',
};

const plain = (text: string) => text.replaceAll('_', ' ');

/** `segment.updated` of "Lapsed" → `changed segment Lapsed`. Unknown actions still read well. */
export function auditWords(entry: Pick<Entry, 'action' | 'kind' | 'object_name' | 'object_id'>): string {
  const [, verb = entry.action] = /\.([^.]+)$/.exec(entry.action) ?? [];
  const object = entry.object_name ?? (entry.object_id ? `#${entry.object_id}` : '');
  return [verbs[verb] ?? plain(verb), plain(entry.kind), object].filter(Boolean).join(' ');
}

/** The names of the fields that differ, three at most. */
export function changedFields(entry: Pick<Entry, 'before' | 'after'>): string {
  const keys = [entry.before, entry.after].flatMap((side: unknown) => (typeof side === 'object' && side !== null ? Object.keys(side) : []));
  const names = [...new Set(keys)].map(plain);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
