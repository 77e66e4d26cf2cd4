/** Operators as a person chooses them, and what makes a rule finished. */
import { filled, record } from './record';
import { windowFinished } from './windows';
import { fieldOf, rowsOf, text, type Field, type Operator, type Words } from './vocabulary';
import type { Finished, Json, RuleNode } from './tree';

export interface Choice {
  key: string;
  op: string;
  label: string;
  /** written as not(…): the exact complement, empty ones included */
  negated: boolean;
  /** a moment as a distance from now: its sign */
  ago?: 'past' | 'ahead';
  shape: string;
}

const distance: Readonly<Record<string, readonly [string, string]>> = { before: ['is more than … ago', 'is less than … ahead'], after: ['is less than … ago', 'is more than … ahead'] };

/** `is one of` → `is not one of, or is empty`, from the operator's own words. */
function negativeLabel(operator: Operator): string {
  const rest = operator.negative.split('{value}')[1] ?? '';
  return `${operator.label.replace(/^is\b/, 'is not')}${rest}`;
}

function choicesOf(operator: Operator): Choice[] {
  const base = { op: operator.key, shape: operator.shape, negated: false };
  const plain: Choice = { ...base, key: operator.key, label: operator.label };
  const [past, ahead] = distance[operator.key] ?? [];
  if (operator.shape === 'when' && past && ahead) {
    return [plain, { ...base, key: `${operator.key}:past`, label: past, ago: 'past' }, { ...base, key: `${operator.key}:ahead`, label: ahead, ago: 'ahead' }];
  }
  return operator.negative && operator.shape !== 'none' ? [plain, { ...base, key: `not:${operator.key}`, label: negativeLabel(operator), negated: true }] : [plain];
}

/** The most used first: days think in distances, texts in lists. */
const first: Readonly<Record<string, readonly string[]>> = {
  date: ['before:past', 'after:past', 'in_last', 'in_next', 'anniversary_in', 'before', 'after'], datetime: ['before:past', 'after:past', 'in_last', 'in_next', 'before', 'after'],
  string: ['in', 'eq'], enum: ['in', 'eq'], integer: ['gte', 'lte', 'between', 'eq'], float: ['gte', 'lte', 'between', 'eq'], decimal: ['gte', 'lte', 'between', 'eq'],
};

export function choices(words: Words, type: string, keys: readonly string[]): Choice[] {
  const all = keys.map((key) => words.operator(key)).filter((o) => o !== undefined).flatMap(choicesOf);
  const order = first[type] ?? [];
  const rank = (c: Choice) => { const at = order.indexOf(c.key); return at < 0 ? order.length : at; };
  return [...all].sort((a, b) => rank(a) - rank(b));
}

export function choiceAt(found: readonly Choice[], op: string, negated: boolean, value: unknown): Choice | undefined {
  const ago = typeof value === 'string' && /^-?P/.test(value) ? (value.startsWith('-') ? 'past' : 'ahead') : undefined;
  return found.find((c) => c.op === op && c.negated === negated && c.ago === (c.shape === 'when' ? ago : undefined)) ?? found.find((c) => c.op === op && c.negated === negated);
}

/** The value that a change of operator can keep, else the least it needs. */
export function carry(value: unknown, to: Choice, type: string): unknown {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  const span = typeof one === 'string' && /^-?P/.test(one) ? one.replace('-', '') : undefined;
  switch (to.shape) {
    case 'none': return undefined;
    case 'list': return Array.isArray(value) ? value : one === undefined || one === '' ? [] : [one];
    case 'range': return [one ?? null, Array.isArray(value) ? value[1] ?? null : null];
    case 'duration': return span ?? 'P30D';
    case 'when': return to.ago ? `${to.ago === 'past' ? '-' : ''}${span ?? 'P30D'}` : span ? undefined : one;
    default: return span !== undefined ? undefined : one ?? (type === 'boolean' ? true : undefined);
  }
}

export function patched(node: Json, values: Json): Json {
  const next = { ...node, ...values };
  for (const [key, value] of Object.entries(values)) if (value === undefined) Reflect.deleteProperty(next, key);
  return next;
}

export function valueFinished(shape: string, value: unknown): boolean {
  if (shape === 'none') return true;
  if (shape === 'list') return Array.isArray(value) && value.length > 0;
  if (shape === 'range') return Array.isArray(value) && value.length === 2 && value.every(filled);
  if (shape === 'duration' || shape === 'when') return filled(value) && !(typeof value === 'string' && /^-?PT?$/.test(value));
  return filled(value);
}

/** Whether a value that is no literal has all it needs; undefined for literals. */
function otherFinished(value: unknown): boolean | undefined {
  const held = record(value);
  if (!held || Array.isArray(value)) return undefined;
  const figure = record(held.figure);
  if (!figure) return Object.values(held).every(filled);
  return (filled(figure.event) || filled(figure.link)) && (figure.fn === undefined || figure.fn === 'count' || filled(figure.of)) && windowFinished(record(figure.within));
}

function rowsFinished(words: Words, node: Json): boolean {
  const count = record(node.count), within = record(node.within), measure = record(node.measure);
  if (count && 'value' in count && !(otherFinished(count.value) ?? valueFinished(count.op === 'between' ? 'range' : 'one', count.value))) return false;
  if (!windowFinished(within)) return false;
  const take = record(node.take);
  if (take && !filled(take.latest) && !filled(take.first) && !filled(take.nth)) return false;
  return !measure || (filled(measure.of) && (otherFinished(measure.value) ?? valueFinished(words.operator(text(measure.op))?.shape ?? 'one', measure.value)));
}

/** A rule has all it needs to be counted; whether the server accepts it is another question. */
export const finishedBy = (words: Words): Finished => (rule, inside) => {
  const { node } = rule;
  switch (node.kind) {
    case 'compare': {
      const operator = words.operator(text(node.op));
      return text(node.field) !== '' && (operator ? otherFinished(node.value) ?? valueFinished(operator.shape, node.value) : text(node.op) !== '');
    }
    case 'occurred':
    case 'related':
      return rowsOf(words, rule, inside)?.name !== '' && rowsFinished(words, node);
    case 'member': {
      const of = record(node.of);
      return of !== undefined && Object.keys(of).length > 0 && Object.values(of).every(filled) && windowFinished(record(node.within)) && (record(node.count) === undefined || filled(record(node.count)?.value));
    }
    default:
      return true;
  }
};

/** A fresh rule on a field: its likeliest operator, no value yet. */
export function freshCompare(words: Words, field: Field): Json {
  const offered = choices(words, field.type, field.operators);
  const choice = (/birth/.test(field.name) ? offered.find((c) => c.key === 'anniversary_in') : undefined) ?? offered[0]; // birthdays come round
  const value = choice ? carry(undefined, choice, field.type) : undefined;
  return { kind: 'compare', field: field.name, op: choice?.op ?? 'eq', ...(value === undefined ? {} : { value }) };
}

/** `did not happen`, however it was written. */
export function isNone(rule: RuleNode): boolean {
  const count = record(rule.node.count);
  const op = text(count?.op) || 'gte', value = count?.value ?? 1;
  if (rule.negated) return op === 'gte' && value === 1;
  return (op === 'eq' && value === 0) || (op === 'lte' && value === 0) || (op === 'lt' && value === 1);
}

export { fieldOf };
