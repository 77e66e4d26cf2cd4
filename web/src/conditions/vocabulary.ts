/** What conditions may speak of, as the server tells it, made easy to look up. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import type { Inside } from './inner';
import { keyWords, readName } from './names';
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
  /** from which kind of row they are reached */
  of: string;
  /** days and moments of a row that it can be looked at by, the usual one first */
  times: readonly string[];
}

export function rowsOf(words: Words, rule: RuleNode, inside: Inside | null): Rows | null {
  if (rule.node.kind === 'occurred') {
    const name = text(rule.node.event), event = words.event(name);
    return { kind: 'event', name, label: event?.label ?? name, one: event?.one ?? name, many: event?.many ?? name, to: 'event', prefix: 'event', open: event?.open ?? true, fields: event?.properties ?? [], of: words.raw.subject, times: [] };
  }
  if (rule.node.kind !== 'related') return null;
  const name = text(rule.node.link), link = words.link(name, homeOf(words, inside));
  return { kind: 'link', name, label: link?.label ?? name, one: link?.one ?? name, many: link?.many ?? name, to: link?.to ?? name, prefix: link?.prefix ?? name, open: link?.open ?? true, fields: link?.fields ?? [], of: link?.of ?? homeOf(words, inside), times: timesOf(link) };
}

/** Its usual day or moment first. */
function timesOf(link: Link | undefined): readonly string[] {
  const usual = link?.time.slice(link.time.indexOf('.') + 1) ?? '';
  return [...link?.times ?? []].sort((a, b) => Number(b === usual) - Number(a === usual));
}

/** The rows around a line, the innermost first. */
export function rowsAround(words: Words, inside: Inside | null): Rows[] {
  const own = inside ? rowsOf(words, inside, inside.outer ?? null) : null;
  return own ? [own, ...rowsAround(words, inside?.outer ?? null)] : [];
}

/** The kind of row that links start from inside of a rule. */
export const homeOf = (words: Words, inside: Inside | null): string => (inside ? rowsOf(words, inside, inside.outer ?? null)?.to ?? '' : words.raw.subject);

const many: Readonly<Record<string, string>> = { profile: 'people', product: 'products', sku: 'SKUs', order: 'orders', line: 'lines' };
/** What rules choose among, in words: people, products. */
/** Whether it is counted who fits a rule: a single order or line is only judged. */
export const isCounted = (words: Words): boolean => !['order', 'line'].includes(words.raw.subject);
export const manyOf = (words: Words): string => many[words.raw.subject] ?? `${words.raw.subject}s`;

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const guess = (value: unknown): string => {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'boolean') return 'boolean';
  if (typeof one === 'number') return 'float';
  return typeof one === 'string' && /^\d{4}-\d\d-\d\d(T|$)/.test(one) ? 'datetime' : 'string';
};

/** A declared field by its name, of the rows in sight or of the person. */
export const declared = (words: Words, name: string, inside: Inside | null): Field | undefined =>
  rowsAround(words, inside).flatMap((rows) => rows.fields).find((f) => f.name === name) ?? words.field(name);

/** What a property that nobody declared is called; undefined when nothing in sight may have it. */
export function openLabel(words: Words, name: string, inside: Inside | null): string | undefined {
  const path = readName(name);
  if (!path) return undefined;
  const rows = rowsAround(words, inside).find((r) => r.open && (path.base === r.prefix || path.base.startsWith(`${r.prefix}.`)));
  if (rows) { const keys = [...path.base.split('.').slice(1), ...path.keys]; return keys.length > 0 ? keyWords(keys) : undefined; }
  const owner = path.keys.length > 0 ? declared(words, path.base, inside) : undefined;
  return owner?.type === 'object' ? `${owner.label || owner.name} › ${keyWords(path.keys)}` : undefined;
}

/** The field of a comparison: a declared one, or a property whose type was chosen or is the one of its value. */
export function fieldOf(words: Words, rule: RuleNode, inside: Inside | null): Field | undefined {
  const name = text(rule.node.field), found = declared(words, name, inside);
  if (found || name === '') return found;
  const label = openLabel(words, name, inside);
  return label === undefined ? undefined : madeField(name, label, text(rule.node.as) || guess(rule.node.value), words);
}

/** A field nobody declared. */
export function madeField(name: string, label: string, type: string, words: Words): Field {
  return { name, label, type, category: '', live: false, nullable: true, unit: '', description: '', options: [], operators: words.raw.operators.filter((o) => o.types.includes(type)).map((o) => o.key) };
}
