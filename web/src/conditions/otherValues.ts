/** Values that are no literals: another field, an uploaded list, a column of a data table. */
import { formatNumber } from '@/kit';
import { record } from './record';
import type { PickOption } from './Pick';
import type { Json } from './tree';
import { text, type Field, type Words } from './vocabulary';

interface Told { list?: number | null; table?: string; column?: string; title: string; type: string; rows?: number | null }

export type OtherKind = 'field' | 'list' | 'table';

export function otherKind(value: unknown): OtherKind | undefined {
  const held = record(value);
  if (!held || Array.isArray(value)) return undefined;
  return 'field' in held ? 'field' : 'list' in held ? 'list' : 'table' in held ? 'table' : undefined;
}

const families = [['string', 'enum', 'tags', 'tree'], ['integer', 'float', 'decimal'], ['date', 'datetime'], ['boolean'], ['ip'], ['time']];
const meets = (a: string, b: string): boolean => families.some((family) => family.includes(a) && family.includes(b));

const single = new Set(['one', 'when']);
/** With which operators another value than a literal may stand: lists want a list, fields anything that is one value. */
export const takesSource = (op: string): boolean => op === 'in' || op === 'not_in' || op === 'any_of' || op === 'none_of';
export const takesField = (shape: string, op: string): boolean => (single.has(shape) && op !== 'matches' && op !== 'in_subnet') || takesSource(op);

export const sourcesOf = (words: Words): readonly Told[] => (words.raw as unknown as { sources?: readonly Told[] }).sources ?? [];

export const writeSource = (told: Told): Json => (typeof told.list === 'number' ? { list: told.list } : { table: told.table, column: told.column });
export const sourceKey = (value: unknown): string => {
  const held = record(value);
  return typeof held?.list === 'number' ? `list:${held.list}` : `table:${text(held?.table)}:${text(held?.column)}`;
};

/** Lists and columns whose values fit a field. */
export function sourceOptions(words: Words, field: Field): (PickOption & { json: Json })[] {
  return sourcesOf(words).filter((told) => meets(told.type, field.type)).map((told) => {
    const json = writeSource(told);
    return { value: sourceKey(json), label: told.rows ? `${told.title} (${formatNumber(told.rows)})` : told.title, json };
  });
}

/** Fields in sight whose values fit. */
export function fieldOptions(words: Words, field: Field, row: readonly Field[]): PickOption[] {
  return [...row, ...words.raw.fields].filter((f) => f.name !== field.name && meets(f.type, field.type)).map((f) => ({ value: f.name, label: f.label ? f.label : f.name }));
}

/** `the field City`, `the list Newsletter 2019`, in words. */
export function otherWords(words: Words, value: unknown): string | undefined {
  const kind = otherKind(value), held = record(value);
  if (kind === 'field') return `the same as ${words.field(text(held?.field))?.label ?? text(held?.field)}`;
  if (!kind) return undefined;
  const told = sourcesOf(words).find((one) => sourceKey(writeSource(one)) === sourceKey(value));
  return told ? `one of ${told.title}` : sourceKey(value).replaceAll(':', ' ');
}
