import type { Field } from './model';

export type FormValue = string | boolean | string[] | null;

/** A stored value as a control shows it. */
export function toForm(field: Field, value: unknown): FormValue {
  if (field.type === 'boolean') return typeof value === 'boolean' ? String(value) : null;
  if (field.type === 'tags' || field.name === 'phones') return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];
  if (field.type === 'object' || field.type === 'objects') return value === null || value === undefined ? '' : JSON.stringify(value, null, 2);
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export const empty = (value: FormValue) => value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** What the API takes for a control's value; raises a sentence for a value that cannot be one of the type. */
export function fromForm(field: Field, value: FormValue): unknown {
  if (empty(value)) return null;
  if (field.type === 'boolean') return value === 'true';
  if (typeof value !== 'string') return value;
  if (field.type === 'integer') {
    if (!/^-?\d+$/.test(value.trim())) throw new Error(`${field.label || field.name} must be a whole number, like 41`);
    const whole = Number(value);
    if (!Number.isSafeInteger(whole)) throw new Error(`${field.label || field.name} is too large to be kept exactly`);
    return whole;
  }
  if (field.type === 'float') {
    const number = Number(value.trim().replace(',', '.'));
    if (!Number.isFinite(number)) throw new Error(`${field.label || field.name} must be a number, like 12.5`);
    return number;
  }
  if (field.type === 'object' || field.type === 'objects') {
    try { return JSON.parse(value) as unknown; } catch { throw new Error(`${field.label || field.name} must be valid JSON`); }
  }
  return value.trim();
}
