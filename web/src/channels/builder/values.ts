import { Problem } from '@/api/problem';
import type { Channel, Definition, Scalar } from '../model';
import { parsed, written } from './tree';

type Loose = number | string;
/** A definition as its form holds it: JSON as text, numbers as they are typed. */
export interface DefinitionValues extends Omit<Definition, 'content' | 'request' | 'limits'> {
  content: (Omit<Definition['content'][number], 'max_length'> & { max_length: Loose })[];
  request: Omit<Definition['request'], 'json'> & { json: string };
  limits: { connections: Loose; rate: Loose; timeout: Loose };
}

export interface Values extends Record<string, unknown> {
  name: string; icon: string; description: string; definition: DefinitionValues;
  /** what is typed; an empty secret is left as it is */
  settings: Record<string, Scalar>;
}

export const definitionValues = (d: Definition): DefinitionValues => ({
  ...d, content: d.content.map((f) => ({ ...f, max_length: f.max_length ?? '' })), request: { ...d.request, json: written(d.request.json ?? {}) }, limits: { ...d.limits },
});

export function valuesOf(channel: Channel): Values {
  const settings: Record<string, Scalar> = {};
  for (const field of channel.definition.settings) settings[field.key] = channel.settings[field.key] ?? (field.type === 'boolean' ? field.default === 'true' : '');
  return { name: channel.name, icon: channel.icon, description: channel.description, definition: definitionValues(channel.definition), settings };
}

/** The definition as the server takes it; null while its JSON cannot be read. */
export function definitionOf(v: DefinitionValues): Definition | null {
  const json = parsed(v.request.json);
  if (v.request.body === 'json' && json.error !== null) return null;
  return {
    ...v,
    content: v.content.map((f) => ({ ...f, max_length: f.max_length === '' ? null : Number(f.max_length) })),
    request: { ...v.request, json: json.error === null ? json.value : {} },
    limits: { connections: Number(v.limits.connections), rate: Number(v.limits.rate), timeout: Number(v.limits.timeout) },
  };
}

/** The values of settings that are sent, as their types want them: null takes one away, an empty secret is left as it is. */
export function settingsOf(v: Pick<Values, 'settings' | 'definition'>): Record<string, Scalar | null> {
  const sent: Record<string, Scalar | null> = {};
  for (const field of v.definition.settings) {
    const value = v.settings[field.key];
    if (!field.key || value === undefined || (value === '' && field.type === 'secret')) continue;
    if (value === '') { sent[field.key] = null; continue; }
    sent[field.key] = field.type === 'number' ? Number(value) : field.type === 'boolean' ? value === true || value === 'true' : String(value).trim();
  }
  return sent;
}

const keys = /^[a-z][a-z0-9_]{0,39}$/;

export function check(v: Values): Record<string, string | null> {
  const faults: Record<string, string | null> = { name: v.name.trim() ? null : 'Enter a name for the channel' };
  const { definition: d } = v;
  faults['definition.contact.label'] = d.contact.label.trim() ? null : 'Enter what people are written to at, such as Phone number';
  for (const part of ['content', 'settings'] as const) {
    d[part].forEach((field, n) => {
      const at = `definition.${part}.${n}`;
      if (!field.label.trim()) faults[`${at}.label`] = 'Enter a name for the field';
      if (!keys.test(field.key)) faults[`${at}.key`] = 'Small letters, digits and _ only, a letter first';
      else if (d[part].findIndex((other) => other.key === field.key) < n) faults[`${at}.key`] = 'This key stands here twice';
    });
  }
  if (d.content.length === 0) faults['definition.content'] = 'A message needs a field, such as Text';
  if (!d.request.url.trim()) faults['definition.request.url'] = 'Enter the address that requests go to';
  if (d.request.body === 'json' && parsed(d.request.json).error !== null) faults['definition.request.json'] = 'This cannot be read as JSON';
  d.answer.rules.forEach((rule, n) => {
    if (rule.statuses.length + rule.conditions.length === 0) faults[`definition.answer.rules.${n}.statuses`] = 'Enter a status, or a condition on the answer';
  });
  return faults;
}

/** Complaints about something deep inside the JSON stand at its editor. */
export function gathered(error: unknown): unknown {
  if (!(error instanceof Problem)) return error;
  const deep = '/definition/request/json/';
  return new Problem({
    status: error.status, title: error.title, detail: error.detail, requestId: error.requestId, retryAfter: error.retryAfter,
    errors: error.errors.map((e) => (e.pointer.startsWith(deep) ? { pointer: deep.slice(0, -1), message: `${e.pointer.slice(deep.length).replaceAll('/', '.')}: ${e.message}` } : e)),
  });
}

export const labels: Partial<Record<keyof Values & string, string>> = { name: 'Name', icon: 'Icon', description: 'Description', definition: 'Definition', settings: 'Configuration' };

/** Sample values to look at a request with: something of each type that may be sent. */
export function samplesOf(content: readonly { key: string; label: string; type: string; required: boolean; options: readonly { value: string }[] }[]): Record<string, Scalar> {
  const of = (f: (typeof content)[number]): Scalar => (f.type === 'number' ? 42 : f.type === 'boolean' ? true : f.type === 'url' ? 'https://example.com/' : f.type === 'choice' ? f.options[0]?.value ?? '' : f.label || f.key);
  return Object.fromEntries(content.filter((f) => f.key && (f.required || f.type !== 'choice')).map((f) => [f.key, of(f)]));
}
