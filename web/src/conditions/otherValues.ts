/** Values that are no literals: another field, an uploaded list, a column of a data table. What fits is the vocabulary's word. */
import { formatNumber } from '@/kit';
import type { Inside } from './inner';
import { record } from './record';
import type { PickOption } from './Pick';
import type { Json } from './tree';
import { declared, openLabel, rowsAround, text, type Field, type Words } from './vocabulary';

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

/** Fields in sight whose values fit; those of several values only where an operator takes several. */
export function fieldOptions(words: Words, field: Field, op: string, inside: Inside | null): PickOption[] {
  const several = words.operator('any_of')?.types ?? [], list = words.operator(op)?.shape === 'list';
  return [...rowsAround(words, inside).flatMap((rows) => rows.fields), ...words.raw.fields]
    .filter((f, i, all) => f.name !== field.name && meets(words, field.type, f.type) && (list || !several.includes(f.type)) && all.findIndex((other) => other.name === f.name) === i)
    .map((f) => ({ value: f.name, label: f.label ? f.label : f.name }));
}

/** Beginnings of names that a property nobody declared may have here: open rows, and objects. */
export function openNames(words: Words, inside: Inside | null): PickOption[] {
  const rows = rowsAround(words, inside);
  const objects = [...rows.flatMap((r) => r.fields), ...words.raw.fields].filter((f) => f.type === 'object');
  return [...rows.filter((r) => r.open).map((r) => ({ value: r.prefix, label: `a property of the ${r.one}` })), ...objects.map((f) => ({ value: f.name, label: `a property of ${f.label || f.name}` }))];
}

/** `the field City`, `the list Newsletter 2019`, in words. */
export function otherWords(words: Words, value: unknown, inside: Inside | null = null): string | undefined {
  const kind = otherKind(value), held = record(value);
  if (kind === 'field') { const name = text(held?.field); return `the same as ${declared(words, name, inside)?.label ?? openLabel(words, name, inside) ?? name}`; }
  if (!kind) return undefined;
  const told = words.raw.sources.find((one) => sourceKey(writeSource(one)) === sourceKey(value));
  return told ? `one of ${told.title}` : sourceKey(value).replaceAll(':', ' ');
}
