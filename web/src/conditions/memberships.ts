/** What one can be a member of, as the vocabulary tells it; segments are known without being told. */
import { record } from './record';
import type { Json } from './tree';
import type { Words } from './vocabulary';

export interface Membership {
  key: string;
  /** whose belonging it is, as it stands in a rule: a person's (`profile`), or what a row names (`line.product`) */
  subject: string;
  /** the row that is asked */
  of: string;
  label: string;
  /** names by id; null: there is only one of its kind */
  names: ReadonlyMap<number, string> | null;
  groups: readonly string[];
  /** entries and exits are known, so that `ever` and `left` can be asked */
  history: boolean;
}

/** Every kind that rules of this database may name, segments first. */
export function membershipsOf(words: Words, segments: ReadonlyMap<number, string>): Membership[] {
  const told = words.raw.memberships.map((m): Membership => ({
    key: m.key, subject: m.subject, of: m.of, label: m.label, groups: m.groups, history: m.entries && m.states.length > 1,
    names: m.key === 'global_control' ? null : m.key === 'segment' && m.subject === 'profile' ? segments : new Map(m.choices.map((o) => [Number(o.value), o.label ? o.label : o.value])),
  }));
  return [...told.filter((m) => m.key === 'segment'), ...told.filter((m) => m.key !== 'segment')];
}

/** What may be asked of a row, or of the subject itself. */
export const membershipsIn = (words: Words, segments: ReadonlyMap<number, string>, row: string): Membership[] => membershipsOf(words, segments).filter((m) => m.of === row);

/** The kind of membership that a rule speaks of. */
export function membershipOf(words: Words, segments: ReadonlyMap<number, string>, node: Json): Membership | undefined {
  const key = membershipKey(node.of), subject = typeof node.subject === 'string' ? node.subject : 'profile';
  return membershipsOf(words, segments).find((m) => m.key === key && m.subject === subject);
}

/** A new rule of a kind; its list is still to be chosen. */
export const freshMember = (kind: Membership): Json => ({
  kind: 'member', of: kind.names === null ? belongsTo(kind, null) : kind.key === 'segment' ? {} : belongsTo(kind, null), ...(kind.subject === 'profile' ? {} : { subject: kind.subject }),
});

const known = ['segment', 'campaign', 'scenario', 'program', 'global_control'];

/** Which kind a rule speaks of. */
export function membershipKey(of: unknown): string {
  const keys = Object.keys(record(of) ?? {});
  return known.find((key) => keys.includes(key)) ?? keys[0] ?? 'segment';
}

export const belongsTo = (kind: Membership, id: number | null, group?: string): Json => ({ [kind.key]: kind.names === null ? true : id, ...(group ? { group } : {}) });

/** `the segment VIP`, `the test group of the campaign Autumn`, in words. */
export function memberOfWords(words: Words, of: unknown, segments?: ReadonlyMap<number, string>, subject = 'profile'): string {
  const key = membershipKey(of), held = record(of), id = held?.[key];
  const kind = membershipsOf(words, segments ?? new Map()).find((k) => k.key === key && k.subject === subject);
  if (key === 'global_control') return 'the global control group';
  const name = typeof id === 'number' ? kind?.names?.get(id) ?? `number ${id}` : '…';
  const group = typeof held?.group === 'string' && held.group !== 'any' ? `the ${held.group} group of ` : '';
  return `${group}the ${(kind?.label ?? key.replaceAll('_', ' ')).toLowerCase()} ${name}`;
}
