/** What can still be added to rows, the rule's own or a figure's, as commands of a menu. */
import { patched } from './choices';
import { innerAt, WHERE } from './inner';
import { record } from './record';
import { firstTake } from './TakePart';
import type { Json, RuleNode } from './tree';
import { rowsOf, text, type Field, type Rows, type Words } from './vocabulary';
import { windowKind } from './windows';

export type Command = readonly [label: string, run: () => void];

/** Days and moments of a row by which it can be looked at; events have their time only. */
export const datesOf = (rows: Rows): Field[] => rows.times.flatMap((time) => rows.fields.find((f) => f.name === `${rows.prefix}.${time}`) ?? []);
export const shortOf = (rows: Rows, name: string): string => (name.startsWith(`${rows.prefix}.`) ? name.slice(rows.prefix.length + 1) : name);

interface Narrowing {
  words: Words;
  rule: RuleNode;
  /** where the rows are described: '' for the rule itself, else the step of its figure */
  base: string;
  node: Json;
  rows: Rows;
  put: (next: Json) => void;
  /** opens the picker for the condition at a step */
  add: (step: string) => void;
}

/** A window that starts at an event can look at some of those events only. */
export function sinceCommand({ words, rule, base, node, add }: Pick<Narrowing, 'words' | 'rule' | 'base' | 'node' | 'add'>): Command[] {
  const event = text(record(record(node.within)?.since)?.event), step = `${base}/within/since${WHERE}`;
  return event !== '' && !innerAt(rule, step) ? [[`Since only a ${words.event(event)?.one ?? event} where…`, () => { add(step); }]] : [];
}

export function narrowing(of: Narrowing): Command[] {
  const { rule, base, node, rows, put, add } = of;
  const take = record(node.take), within = record(node.within), dates = datesOf(rows), other = dates[1] && shortOf(rows, dates[1].name);
  const items: Command[] = [];
  if (!innerAt(rule, `${base}${WHERE}`)) items.push([`Only ${rows.many} where…`, () => { add(`${base}${WHERE}`); }]);
  if (!take) items.push([`Only the last or first few ${rows.many}…`, () => { put(firstTake(node)); }]);
  if (take && !innerAt(rule, `${base}/take/among`)) items.push([`Choose them among ${rows.many} where…`, () => { add(`${base}/take/among`); }]);
  if (take && other && !text(take.by)) items.push(['In the order of another date…', () => { put(patched(node, { take: { ...take, by: other } })); }]);
  if (other && within && windowKind(within) !== 'ever' && !text(within.by)) items.push(['By another date of the row…', () => { put(patched(node, { within: { ...within, by: other } })); }]);
  return [...items, ...sinceCommand(of)];
}

/** `chosen among orders where`, for the lines that stand at a step. */
export function stepWords(words: Words, rule: RuleNode, step: string, rows: (base: string) => Rows | null): string {
  const base = /^(\/\w+\/value\/figure)/.exec(step)?.[1] ?? '', many = rows(base)?.many ?? 'rows';
  if (step.endsWith('/take/among')) return base ? `the figure’s ${many}, chosen among those where` : `chosen among ${many} where`;
  if (!step.endsWith(`/since${WHERE}`)) return base ? `the figure’s ${many} where` : 'where';
  const node = base ? record(base.split('/').slice(1).reduce<unknown>((value, key) => record(value)?.[key], rule.node)) : rule.node;
  const since = record(record(node?.within)?.since);
  return `the ${text(since?.which) === 'first' ? 'first' : 'last'} ${words.event(text(since?.event))?.one ?? 'event'} where`;
}

/** The rows a figure is of, seen as a rule. */
export function figureRows(words: Words, figure: Json, rule: RuleNode): Rows | null {
  const node: Json = text(figure.event) ? { kind: 'occurred', event: figure.event } : { kind: 'related', link: figure.link };
  return rowsOf(words, { ...rule, node }, null);
}
