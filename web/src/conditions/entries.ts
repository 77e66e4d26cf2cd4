/** What the picker offers, from the served vocabulary. */
import type { components } from '@/api/schema';
import { freshCompare } from './choices';
import { byGroup, groupOf, type RuleGroup } from './groups';
import type { Inside } from './inner';
import { freshMember, membershipsIn } from './memberships';
import { rule, type RuleNode } from './tree';
import type { Usage } from './suggestions';
import { keyWords, propertyIn, propertyOf, typedKeys } from './names';
import { homeOf, madeField, manyOf, rowsAround, type Words } from './vocabulary';

export interface Entry {
  key: string;
  label: string;
  note: string;
  category: string;
  group: RuleGroup;
  /** further words that find it */
  also: string;
  /** how much of it there is: a share of people, or how many people something happened to */
  use?: EntryUse;
  make: () => RuleNode;
}

export interface EntryUse { share?: number; people?: number; samples: readonly string[]; rare: boolean }

/** Everyday words for what the vocabulary calls otherwise. */
const synonyms: readonly (readonly [RegExp, string])[] = [
  [/order|line/i, 'bought purchase purchased basket spent revenue'], [/e-mail|email/i, 'mail address'], [/birth/i, 'birthday age'], [/message (sent|opened|clicked)|link clicked/i, 'newsletter mailing campaign'],
  [/subscription/i, 'newsletter consent opt in unsubscribed subscribed permission'], [/page viewed/i, 'visited website url visit'], [/segment/i, 'list group member'], [/city|region|country|postal/i, 'lives place address town'],
  [/created/i, 'new joined registered'], [/level|points/i, 'loyalty tier balance'], [/bounced/i, 'undeliverable'],
];
const alsoOf = (label: string): string => synonyms.filter(([word]) => word.test(label)).map(([, also]) => also).join(' ');

const RARE_SHARE = 0.01;
const QUIET_DAYS = 90;

/** How much of each field and event there is; what hardly anybody has, or has not happened for long, is rare. */
function usageOf(usage: Usage | undefined, now: Date): (name: string) => EntryUse | undefined {
  const fields = new Map(usage?.fields.map((f) => [f.name, f])), events = new Map(usage?.events.map((e) => [`event.${e.name}`, e]));
  const total = usage?.total ?? 0;
  return (name) => {
    const field = fields.get(name), event = events.get(name);
    if (field && total > 0) return { share: field.filled / total, samples: /^\d{4}-\d\d-\d\d \d\d:/.test(field.samples[0] ?? '') ? [] : field.samples, rare: field.filled / total < RARE_SHARE };
    if (event) return { people: event.people, samples: [], rare: event.last_at === null || now.getTime() - new Date(event.last_at).getTime() > QUIET_DAYS * 86_400_000 };
    return usage && name.startsWith('event.') ? { people: 0, samples: [], rare: true } : undefined;
  };
}

function topEntries(words: Words, segments: ReadonlyMap<number, string>, usage?: Usage): Entry[] {
  const { raw } = words;
  const used = usageOf(usage, new Date());
  const entry = (key: string, label: string, note: string, category: string, make: () => RuleNode): Entry => {
    const use = used(key);
    return { key, label, note, category, group: groupOf(category), also: alsoOf(label), make, ...(use ? { use } : {}) };
  };
  const all = [
    ...raw.fields.map((f) => entry(f.name, f.label || f.name, words.typeLabel(f.type), f.category || (f.name.startsWith('now.') ? 'Time' : ''), () => rule(freshCompare(words, f)))),
    ...raw.links.filter((l) => l.of === raw.subject).map((l) => entry(`link.${l.name}`, l.label, `${l.many} as they are now`, l.category, () => rule({ kind: 'related', link: l.name }))),
    ...membershipsIn(words, segments, raw.subject).map((m) => entry(m.key === 'segment' ? 'member' : `member.${m.key}`, m.names === null ? `In the ${m.label.toLowerCase()}` : `In a ${m.label.toLowerCase()}`, m.names === null ? 'who is kept back' : m.history ? 'now, ever, or left' : 'as it is now', 'Segments and campaigns',
      () => rule(freshMember(m)))),
    entry('always', raw.subject === 'profile' ? 'Everybody' : `All ${manyOf(words)}`, 'no condition', 'Person', () => rule({ kind: 'always' })),
    ...raw.events.map((e) => entry(`event.${e.name}`, e.label, 'what happened', e.category, () => rule({ kind: 'occurred', event: e.name, within: { last: 'P30D' } }))),
  ];
  return all.map((e, i) => ({ e, i })).sort((a, b) => byGroup(a.e.group, b.e.group) || a.i - b.i).map(({ e }) => e);
}

const rowGroup = (label: string): RuleGroup => ({ key: label, label });

function rowEntries(words: Words, inside: Inside, segments: ReadonlyMap<number, string>): Entry[] {
  const [rows, ...outer] = rowsAround(words, inside);
  const ownName = `Of the ${rows?.one ?? 'row'}`;
  const own = (rows?.fields ?? []).map((f): Entry => {
    const category = f.name.startsWith(`${rows?.prefix ?? ''}.`) ? ownName : f.category || 'Of the product';
    return { key: f.name, label: f.label || f.name, note: words.typeLabel(f.type), category, group: rowGroup(category === 'Orders and products' ? 'Of the product' : category), also: f.name, make: () => rule(freshCompare(words, f)) };
  });
  const home = homeOf(words, inside);
  const further = words.raw.links.filter((l) => l.of === home).map((l): Entry => ({ key: `link.${l.name}`, label: l.label, note: `${l.many} of the ${rows?.one ?? 'row'}`, category: ownName, group: rowGroup(ownName), also: alsoOf(l.label), make: () => rule({ kind: 'related', link: l.name }) }));
  const around = outer.flatMap((r) => r.fields.filter((f) => !own.some((e) => e.key === f.name)).map((f): Entry => ({ key: f.name, label: f.label || f.name, note: words.typeLabel(f.type), category: `Of the ${r.one}`, group: rowGroup(`Of the ${r.one}`), also: f.name, make: () => rule(freshCompare(words, f)) })));
  const lists = rows ? membershipsIn(words, segments, rows.to).filter((m) => m.subject !== 'profile').map((m): Entry => ({ key: `member.${m.subject}.${m.key}`, label: `In a ${m.label.toLowerCase()}`, note: 'as it is now', category: ownName, group: rowGroup(ownName), also: alsoOf(m.label), make: () => rule(freshMember(m)) })) : [];
  const taken = new Set([...own, ...lists, ...further, ...around].map((e) => e.key));
  const person = topEntries(words, segments).filter((e) => !taken.has(e.key)).map((e) => ({ ...e, category: e.key.startsWith('now.') ? 'Time' : 'Of the person', group: rowGroup(e.key.startsWith('now.') ? 'Time' : 'Of the person') }));
  return [...own, ...lists, ...further, ...around, ...person];
}

export const entriesOf = (words: Words, inside: Inside | null, segments: ReadonlyMap<number, string>, usage?: Usage): Entry[] => (inside ? rowEntries(words, inside, segments) : topEntries(words, segments, usage));

const typed = ['string', 'float', 'boolean', 'datetime'] as const;

export type Seen = Pick<components['schemas']['PropertyUse'], 'name' | 'keys' | 'types'>;

function propertyEntry(words: Words, prefix: string, one: string, keys: readonly string[], type: string, note: string): Entry {
  const label = keyWords(keys), name = propertyIn(prefix, keys), field = madeField(name, label, type, words), category = `Of the ${one}`;
  return { key: `own.${name}.${type}`, label, note, category, group: rowGroup(category), also: '', make: () => rule({ ...freshCompare(words, field), as: type }) };
}

/** Undeclared properties that were seen in open rows, with the type of their values. */
export function seenProperties(words: Words, inside: Inside | null, seen: readonly Seen[] | undefined): Entry[] {
  const [rows] = rowsAround(words, inside);
  if (!rows?.open || !seen) return [];
  return seen.filter((p) => !(rows.kind === 'event' && propertyIn(rows.prefix, p.keys).includes('[')) && !rows.fields.some((f) => f.name === propertyIn(rows.prefix, p.keys)))
    .flatMap((p) => p.types.map((type) => propertyEntry(words, rows.prefix, rows.one, p.keys, type, words.typeLabel(type))));
}

/** Properties that nobody has seen yet can be named; their type has to be chosen. */
export function ownProperty(words: Words, inside: Inside | null, query: string, known: readonly Entry[]): Entry[] {
  const [rows] = rowsAround(words, inside), keys = typedKeys(query);
  if (!rows?.open || keys.length === 0) return inside ? [] : ownKeys(words, query, known);
  const name = propertyIn(rows.prefix, keys);
  if ((rows.kind === 'event' && name.includes('[')) || rows.fields.some((f) => f.name === name) || known.some((e) => e.key.startsWith(`own.${name}.`))) return []; // events are asked for plain words only
  return typed.map((type) => ({ ...propertyEntry(words, rows.prefix, rows.one, keys, type, `as ${words.typeLabel(type)}`), label: `Property “${keyWords(keys)}”` }));
}

function objectEntry(words: Words, owner: { name: string; label: string; category: string }, keys: readonly string[], type: string): Entry {
  const name = propertyOf(owner.name, keys), label = `${owner.label || owner.name} › ${keyWords(keys)}`;
  return { key: name, label, note: words.typeLabel(type), category: owner.category, group: groupOf(owner.category), also: '', make: () => rule({ ...freshCompare(words, madeField(name, label, type, words)), as: type }) };
}

/** Keys of objects that nobody has seen yet: `car make`, `car.make` or `car["a.b"]`. */
function ownKeys(words: Words, query: string, known: readonly Entry[]): Entry[] {
  return words.raw.fields.filter((f) => f.type === 'object').flatMap((owner) => {
    const start = [owner.label, owner.name, owner.name.slice(owner.name.indexOf('.') + 1)].find((word) => word !== '' && query.toLowerCase().startsWith(word.toLowerCase()));
    const keys = start === undefined ? [] : typedKeys(query.slice(start.length).replace(/^[\s.›]+/, ''));
    return keys.length === 0 || known.some((e) => e.key === propertyOf(owner.name, keys)) ? [] : typed.map((type) => ({ ...objectEntry(words, owner, keys, type), key: `own.${propertyOf(owner.name, keys)}.${type}`, note: `as ${words.typeLabel(type)}` }));
  });
}

/** Properties of fields that are objects: `Car › make`. */
export function objectEntries(words: Words, seen: ReadonlyMap<string, readonly Seen[]>): Entry[] {
  return [...seen].flatMap(([name, properties]) => {
    const owner = words.field(name);
    return owner ? properties.flatMap((p) => p.types.slice(0, 1).map((type) => objectEntry(words, owner, p.keys, type))) : [];
  });
}

/** Every word typed begins a word of the entry; labels before synonyms. */
export function searchEntries(entries: readonly Entry[], query: string): Entry[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const score = (entry: Entry): number => {
    const label = entry.label.toLowerCase(), all = `${label} ${entry.key} ${entry.category} ${entry.group.label} ${entry.also} ${entry.use?.samples.join(' ') ?? ''}`.toLowerCase();
    const starts = (text: string, word: string) => text.split(/[\s._,-]+/).some((part) => part.startsWith(word));
    if (!wanted.every((word) => starts(all, word) || all.includes(word))) return 0;
    return (label.startsWith(query.toLowerCase()) ? 4 : 0) + (wanted.every((word) => starts(label, word)) ? 2 : 0) + (wanted.every((word) => starts(all, word)) ? 1 : 0) + 1;
  };
  return entries.map((entry) => ({ entry, value: score(entry) })).filter((e) => e.value > 0).sort((a, b) => b.value - a.value).map((e) => e.entry);
}
