/** What conditions may speak of, as the server tells it, made easy to look up. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import type { RuleNode } from './tree';

export type Vocabulary = components['schemas']['VocabularyInfo'];
export type Field = components['schemas']['FieldInfo'];
export type EventType = components['schemas']['EventInfo'];
export type Link = components['schemas']['LinkInfo'];
export type Operator = components['schemas']['OperatorInfo'];

export interface Words {
  raw: Vocabulary;
  field: (name: string) => Field | undefined;
  event: (name: string) => EventType | undefined;
  link: (name: string, of: string) => Link | undefined;
  operator: (key: string) => Operator | undefined;
  typeLabel: (key: string) => string;
}

const byName = <T extends { name: string }>(items: readonly T[]): Map<string, T> => new Map(items.map((item) => [item.name, item]));

export function wordsOf(raw: Vocabulary): Words {
  const fields = byName(raw.fields), events = byName(raw.events);
  const operators = new Map(raw.operators.map((o) => [o.key, o])), types = new Map(raw.types.map((t) => [t.key, t.label]));
  return {
    raw,
    field: (name) => fields.get(name),
    event: (name) => events.get(name),
    link: (name, of) => raw.links.find((l) => l.name === name && l.of === of) ?? raw.links.find((l) => l.name === name),
    operator: (key) => operators.get(key),
    typeLabel: (key) => types.get(key) ?? key,
  };
}

export function useVocabulary(databaseId: number | undefined) {
  return useQuery({
    queryKey: ['vocabulary', databaseId],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/vocabulary', { params: { query: { database: databaseId ?? 0 } }, signal })),
    enabled: databaseId !== undefined,
    staleTime: 60_000,
  });
}

export function useWords(raw: Vocabulary): Words {
  return useMemo(() => wordsOf(raw), [raw]);
}

/** What a rule over rows speaks of; null for other rules. `place` is the rule that it stands inside of. */
export interface Rows {
  kind: 'event' | 'link';
  name: string;
  label: string;
  one: string;
  many: string;
  /** the rows' own kind, from which further links start */
  to: string;
  prefix: string;
  open: boolean;
  fields: readonly Field[];
}

export function rowsOf(words: Words, rule: RuleNode, inside: RuleNode | null): Rows | null {
  if (rule.node.kind === 'occurred') {
    const name = text(rule.node.event), event = words.event(name);
    return { kind: 'event', name, label: event?.label ?? name, one: event?.one ?? name, many: event?.many ?? name, to: 'event', prefix: 'event', open: event?.open ?? true, fields: event?.properties ?? [] };
  }
  if (rule.node.kind !== 'related') return null;
  const name = text(rule.node.link), link = words.link(name, homeOf(words, inside));
  return { kind: 'link', name, label: link?.label ?? name, one: link?.one ?? name, many: link?.many ?? name, to: link?.to ?? name, prefix: link?.prefix ?? name, open: link?.open ?? true, fields: link?.fields ?? [] };
}

/** The kind of row that links start from inside of a rule. */
export const homeOf = (words: Words, inside: RuleNode | null): string => (inside ? rowsOf(words, inside, null)?.to ?? '' : words.raw.subject);

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const guess = (value: unknown): string => {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'boolean') return 'boolean';
  if (typeof one === 'number') return 'float';
  return typeof one === 'string' && /^\d{4}-\d\d-\d\d(T|$)/.test(one) ? 'datetime' : 'string';
};

/** The field of a comparison: a declared one, or a property of open rows, whose type is the one of its value. */
export function fieldOf(words: Words, rule: RuleNode, inside: RuleNode | null): Field | undefined {
  const name = text(rule.node.field);
  const rows = inside ? rowsOf(words, inside, null) : null;
  const found = rows?.fields.find((f) => f.name === name) ?? words.field(name);
  if (found || name === '') return found;
  const path = name.replace(/^[a-z_]+\./, '');
  const part = /^(profile\.[^[]+)\["(.+)"\]$/.exec(name);
  if (!part && !(rows?.open && name.startsWith(`${rows.prefix}.`))) return undefined;
  return madeField(name, part ? `${words.field(part[1] ?? '')?.label ?? part[1] ?? ''} › ${part[2] ?? ''}` : path, rule.as ?? guess(rule.node.value), words);
}

/** A field nobody declared. */
export function madeField(name: string, label: string, type: string, words: Words): Field {
  return { name, label, type, category: '', live: false, nullable: true, unit: '', description: '', options: [], operators: words.raw.operators.filter((o) => o.types.includes(type)).map((o) => o.key) };
}
