/** Values that are no literals: another field, an uploaded list, a column of a data table. */
import { formatNumber } from '@/kit';
import { record } from './record';
import type { PickOption } from './Pick';
import type { Json } from './tree';
import { text, type Field, type Words } from './vocabulary';

type Told = Words['raw']['sources'][number];

export type OtherKind = 'field' | 'list' | 'table';

export function otherKind(value: unknown): OtherKind | undefined {
  const held = record(value);
  if (!held || Array.isArray(value)) return undefined;
  return 'field' in held ? 'field' : 'list' in held ? 'list' : 'table' in held ? 'table' : undefined;
}

const meets = (words: Words, own: string, other: string): boolean => words.raw.types.find((t) => t.key === own)?.fits.includes(other) ?? false;

/** Whether an operator takes the values of an uploaded list or a column, or another field. */
export const takesSource = (words: Words, op: string): boolean => words.operator(op)?.values.includes('source') ?? false;
export const takesField = (words: Words, op: string): boolean => words.operator(op)?.values.includes('field') ?? false;

export const writeSource = (told: Told): Json => (typeof told.list === 'number' ? { list: told.list } : { table: told.table, column: told.column });
export const sourceKey = (value: unknown): string => {
  const held = record(value);
  return typeof held?.list === 'number' ? `list:${held.list}` : `table:${text(held?.table)}:${text(held?.column)}`;
};

/** Lists and columns whose values fit a field. */
export function sourceOptions(words: Words, field: Field): (PickOption & { json: Json })[] {
  return words.raw.sources.filter((told) => meets(words, field.type, told.type)).map((told) => {
    const json = writeSource(told);
    return { value: sourceKey(json), label: told.rows ? `${told.title} (${formatNumber(told.rows)})` : told.title, json };
  });
}

/** Fields in sight whose values fit. */
export function fieldOptions(words: Words, field: Field, row: readonly Field[]): PickOption[] {
  return [...row, ...words.raw.fields].filter((f) => f.name !== field.name && meets(words, field.type, f.type)).map((f) => ({ value: f.name, label: f.label ? f.label : f.name }));
}

/** `the field City`, `the list Newsletter 2019`, in words. */
export function otherWords(words: Words, value: unknown): string | undefined {
  const kind = otherKind(value), held = record(value);
  if (kind === 'field') return `the same as ${words.field(text(held?.field))?.label ?? text(held?.field)}`;
  if (!kind) return undefined;
  const told = words.raw.sources.find((one) => sourceKey(writeSource(one)) === sourceKey(value));
  return told ? `one of ${told.title}` : sourceKey(value).replaceAll(':', ' ');
}
