/** Rules and groups in words: names for the screen reader and for folded groups. The server writes the real sentence. */
import { choiceAt, choices, isNone } from './choices';
import { record } from './record';
import { durationWords } from './duration';
import { figureOf, figureWords } from './FigureValue';
import type { Inside } from './inner';
import { memberOfWords } from './memberships';
import { otherWords } from './otherValues';
import { takeWords } from './TakePart';
import { windowWords } from './windows';
import type { EditNode, GroupNode, Mode, RuleNode } from './tree';
import { fieldOf, rowsOf, text, type Field, type Words } from './vocabulary';

export const modeWords: Readonly<Record<Mode, string>> = { all: 'all of', any: 'any of', none: 'none of', some_missing: 'not all of' };
export const jointOf = (mode: Mode): string => (mode === 'all' || mode === 'some_missing' ? 'and' : 'or');

export function valueWords(value: unknown, field?: Field): string {
  if (Array.isArray(value)) return value.length > 4 ? `${value.length} values` : value.map((v) => valueWords(v, field)).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' && /^-?P\d/.test(value)) return durationWords(value);
  const option = field?.options.find((o) => o.value === value);
  return option?.label ? option.label : value === undefined || value === null ? '…' : typeof value === 'string' ? value : JSON.stringify(value);
}

export function ruleWords(words: Words, rule: RuleNode, inside: Inside | null, segments?: ReadonlyMap<number, string>): string {
  const { node } = rule;
  if (node.kind === 'always') return rule.negated ? 'Nobody' : 'Everybody';
  if (node.kind === 'member') {
    const how = node.state === 'ever' ? ['Was in', 'Was never in'] : node.state === 'left' ? ['Has left', 'Has not left'] : ['In', 'Not in'];
    const times = record(node.count)?.value, when = windowWords(words, record(node.within));
    return [`${how[rule.negated ? 1 : 0] ?? ''} ${memberOfWords(words, node.of, segments, text(node.subject) || 'profile')}`, typeof times === 'number' && `${times} times`, when].filter(Boolean).join(' ');
  }
  const rows = rowsOf(words, rule, inside);
  if (rows) {
    const count = record(node.count), op = words.operator(text(count?.op) || 'gte')?.label.replace(/^is /, '') ?? '';
    const value = count?.value ?? 1;
    const figure = figureOf(value), distinct = text(count?.distinct);
    const unit = distinct ? `different ${distinct.replaceAll('_', ' ')}` : value === 1 ? 'time' : 'times';
    const many = isNone(rule) ? 'did not happen' : figure ? `${op} ${figureWords(words, figure)}` : `${op} ${valueWords(value)} ${unit}`;
    const measure = record(node.measure), when = windowWords(words, record(node.within));
    const fn = words.raw.measures.find((m) => m.fn === measure?.fn)?.label ?? text(measure?.fn);
    const sum = measure ? `${fn} ${text(measure.of).replaceAll('_', ' ')} ${words.operator(text(measure.op))?.label ?? ''} ${figureOf(measure.value) ? figureWords(words, figureOf(measure.value) ?? {}) : valueWords(measure.value)}` : '';
    return [`${rows.label} ${many}`, when, takeWords(record(node.take), rows.many), sum].filter(Boolean).join(', ');
  }
  const field = fieldOf(words, rule, inside);
  const label = field?.label ?? (text(node.field) || 'A rule');
  const choice = field && choiceAt(choices(words, field.type, field.operators), text(node.op), rule.negated, node.value);
  const operator = choice?.label ?? `${rule.negated ? 'not ' : ''}${words.operator(text(node.op))?.label ?? text(node.op)}`;
  const value = choice?.shape === 'none' ? '' : otherWords(words, node.value, inside) ?? valueWords(node.value, field);
  return operator.includes('…') ? `${label} ${operator.replace('…', value)}` : `${label} ${operator} ${value}`.trim();
}

export function groupWords(group: GroupNode, name?: string): string {
  const rules = group.of.length === 1 ? '1 rule' : `${group.of.length} rules`;
  return [name, modeWords[group.mode], rules].filter(Boolean).join(', ');
}

/** A folded group reads as its rules. */
export function nodeWords(words: Words, node: EditNode, segments?: ReadonlyMap<number, string>): string {
  if (node.kind === 'rule') return ruleWords(words, node, null, segments);
  const inner = node.of.map((child) => nodeWords(words, child, segments)).join(` ${jointOf(node.mode)} `);
  return node.mode === 'none' || node.mode === 'some_missing' ? `not (${inner})` : `(${inner})`;
}
