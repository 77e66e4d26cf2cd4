/** What the picker offers, from the served vocabulary. */
import { freshCompare } from './choices';
import { rule, type Json, type RuleNode } from './tree';
import { homeOf, madeField, rowsOf, type Words } from './vocabulary';

export interface Entry {
  key: string;
  label: string;
  note: string;
  category: string;
  /** further words that find it */
  also: string;
  make: () => RuleNode;
}

/** Everyday words for what the vocabulary calls otherwise. */
const synonyms: readonly (readonly [RegExp, string])[] = [
  [/order|line/i, 'bought purchase purchased basket spent revenue'], [/e-mail|email/i, 'mail address'], [/birth/i, 'birthday age'], [/message (sent|opened|clicked)|link clicked/i, 'newsletter mailing campaign'],
  [/subscription/i, 'newsletter consent opt in unsubscribed subscribed permission'], [/page viewed/i, 'visited website url visit'], [/segment/i, 'list group member'], [/city|region|country|postal/i, 'lives place address town'],
  [/created/i, 'new joined registered'], [/level|points/i, 'loyalty tier balance'], [/bounced/i, 'undeliverable'],
];
const alsoOf = (label: string): string => synonyms.filter(([word]) => word.test(label)).map(([, also]) => also).join(' ');

const OTHER = 'Other';

function topEntries(words: Words): Entry[] {
  const { raw } = words;
  const entry = (key: string, label: string, note: string, category: string, make: () => RuleNode): Entry => ({ key, label, note, category: category || OTHER, also: alsoOf(label), make });
  const memberCategory = raw.categories.find((c) => /segment/i.test(c) && raw.events.some((e) => e.category === c)) ?? raw.categories.find((c) => /segment/i.test(c)) ?? 'Segments';
  return [
    ...raw.links.filter((l) => l.of === raw.subject).map((l) => entry(`link.${l.name}`, l.label, `${l.many} as they are now`, l.category, () => rule({ kind: 'related', link: l.name }))),
    ...raw.fields.map((f) => entry(f.name, f.label || f.name, words.typeLabel(f.type), f.category || (f.name.startsWith('now.') ? 'Time' : ''), () => rule(freshCompare(words, f)))),
    ...(raw.subject === 'profile' ? [entry('member', 'In a segment', 'people of another segment', memberCategory, () => rule({ kind: 'member', of: {} }))] : []),
    ...raw.events.map((e) => entry(`event.${e.name}`, e.label, e.name, e.category, () => rule({ kind: 'occurred', event: e.name, within: { last: 'P30D' } }))),
  ];
}

function rowEntries(words: Words, inside: RuleNode): Entry[] {
  const rows = rowsOf(words, inside, null);
  const own = (rows?.fields ?? []).map((f): Entry => ({
    key: f.name, label: f.label || f.name, note: words.typeLabel(f.type), category: f.name.startsWith(`${rows?.prefix ?? ''}.`) ? `Of the ${rows?.one ?? 'row'}` : f.category || 'Of the product', also: f.name, make: () => rule(freshCompare(words, f)),
  }));
  const home = homeOf(words, inside);
  const further = words.raw.links.filter((l) => l.of === home).map((l): Entry => ({ key: `link.${l.name}`, label: l.label, note: `${l.many} of the ${rows?.one ?? 'row'}`, category: `Of the ${rows?.one ?? 'row'}`, also: alsoOf(l.label), make: () => rule({ kind: 'related', link: l.name }) }));
  const person = topEntries(words).filter((e) => e.key.startsWith('profile.')).map((e) => ({ ...e, category: 'Of the person' }));
  return [...own, ...further, ...person];
}

export const entriesOf = (words: Words, inside: RuleNode | null): Entry[] => (inside ? rowEntries(words, inside) : topEntries(words));

/** Undeclared properties of open rows can be named; their type has to be chosen. */
export function ownProperty(words: Words, inside: RuleNode | null, name: string): Entry[] {
  const rows = inside ? rowsOf(words, inside, null) : null;
  if (!rows?.open || rows.fields.some((f) => f.name === `${rows.prefix}.${name}`) || !/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/.test(name)) return [];
  return (['string', 'float', 'boolean', 'datetime'] as const).map((type) => {
    const field = madeField(`${rows.prefix}.${name}`, name, type, words);
    return { key: `own.${type}`, label: `Property “${name}”`, note: `as ${words.typeLabel(type)}`, category: `Of the ${rows.one}`, also: '', make: () => ({ ...rule(freshCompare(words, field) satisfies Json), as: type }) };
  });
}

/** Every word typed begins a word of the entry; labels before synonyms. */
export function searchEntries(entries: readonly Entry[], query: string): Entry[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const score = (entry: Entry): number => {
    const label = entry.label.toLowerCase(), all = `${label} ${entry.key} ${entry.category} ${entry.also}`.toLowerCase();
    const starts = (text: string, word: string) => text.split(/[\s._,-]+/).some((part) => part.startsWith(word));
    if (!wanted.every((word) => starts(all, word) || all.includes(word))) return 0;
    return (label.startsWith(query.toLowerCase()) ? 4 : 0) + (wanted.every((word) => starts(label, word)) ? 2 : 0) + (wanted.every((word) => starts(all, word)) ? 1 : 0) + 1;
  };
  return entries.map((entry) => ({ entry, value: score(entry) })).filter((e) => e.value > 0).sort((a, b) => b.value - a.value).map((e) => e.entry);
}
