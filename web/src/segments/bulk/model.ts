import type { components } from '@/api/schema';
import { fromForm, empty, type FormValue } from '@/profiles/values';
import type { Field } from '@/profiles/model';

export type BulkUpdate = components['schemas']['BulkUpdate'];
export type BulkPreview = components['schemas']['BulkPreview'];
export type Audience = components['schemas']['Audience'];
export type Operation = components['schemas']['BulkUpdateIn']['operations'][number];
export type Kind = Operation['op'];

export const kinds: readonly { group: string; items: readonly { value: Kind; label: string }[] }[] = [
  { group: 'Fields', items: [{ value: 'set', label: 'Set a value' }, { value: 'unset', label: 'Empty a field' }, { value: 'increment', label: 'Add to a number' }, { value: 'add', label: 'Add to a list' }, { value: 'remove', label: 'Take out of a list' }] },
  { group: 'Consent', items: [{ value: 'status', label: 'Set the status' }, { value: 'subscribe', label: 'Subscribe to' }, { value: 'unsubscribe', label: 'Unsubscribe from' }, { value: 'pause', label: 'Pause for some days' }, { value: 'suspend', label: 'Suspend' }, { value: 'resume', label: 'Resume' }] },
];
export const statuses = ['subscribed', 'unconfirmed', 'suspended', 'unsubscribed', 'bounced', 'complained', 'deleted'].map((value) => ({ value, label: value.replace(/^./, (c) => c.toUpperCase()) }));

/** One operation as it stands in the editor; it may be unfinished. */
export interface Row {
  key: number;
  kind: Kind;
  field: string | null;
  value: FormValue;
  resource: string | null;
  channel: string | null;
  /** the resource whose subscription has the contact; null: the profile's own */
  contact: string | null;
  status: string | null;
  days: number;
  source: string;
  raises: boolean;
}

let keys = 0;
export const newRow = (kind: Kind = 'set'): Row => ({ key: ++keys, kind, field: null, value: null, resource: null, channel: kind === 'subscribe' ? 'email' : null, contact: null, status: kind === 'subscribe' ? 'subscribed' : null, days: 30, source: '', raises: false });

export const aboutField = (kind: Kind): boolean => ['set', 'unset', 'increment', 'add', 'remove'].includes(kind);
/** Whether the row says that people agreed, and must say how. */
export const needsSource = (row: Row): boolean => row.raises || row.kind === 'resume' || (row.kind === 'subscribe' && row.status === 'subscribed');

/** A profile has an address and phone numbers of its own; any other contact stands in a subscription. */
export const needsContact = (row: Row): boolean => row.channel !== null && row.channel !== 'email' && row.channel !== 'sms';

/** Which fields an operation can change. */
export function fits(kind: Kind, field: Field): boolean {
  if (field.read_only || field.name === 'status') return false;
  if (kind === 'unset') return !field.required;
  if (field.unique) return false;
  if (kind === 'increment') return field.type === 'integer' || field.type === 'float';
  return kind === 'set' || field.type === 'tags';
}

type Channel = 'email' | 'sms' | 'push' | 'webhook';

/** What the API takes for a row, or `null` while it is unfinished. Raises a sentence for a value that cannot be. */
export function toOperation(row: Row, fields: readonly Field[]): Operation | null {
  if (aboutField(row.kind)) {
    const field = fields.find((f) => f.name === row.field);
    if (!field) return null;
    if (row.kind === 'unset') return { op: 'unset', field: field.name };
    if (empty(row.value)) return null;
    const value = fromForm(field, row.value);
    switch (row.kind) {
      case 'increment': return { op: 'increment', field: field.name, by: value as number };
      case 'add': return { op: 'add', field: field.name, values: value as string[] };
      case 'remove': return { op: 'remove', field: field.name, values: value as string[] };
      default: return { op: 'set', field: field.name, value };
    }
  }
  if (needsSource(row) && row.source.trim() === '') return null;
  const proof = needsSource(row) ? { opt_in: { source: row.source.trim() } } : {};
  if (row.kind === 'status') return row.status ? { op: 'status', status: row.status, raise_consent: row.raises, ...proof } : null;
  if (!row.resource) return null;
  const resource_id = Number(row.resource);
  if (row.kind === 'subscribe' && needsContact(row) && !row.contact) return null;
  if (row.kind === 'subscribe') return { op: 'subscribe', resource_id, channel: (row.channel ?? 'email'), ...(row.contact ? { contact_of: Number(row.contact) } : {}), status: row.status === 'unconfirmed' ? 'unconfirmed' : 'subscribed', raise_consent: row.raises, ...proof };
  const channel = row.channel ? { channel: row.channel as Channel } : {};
  switch (row.kind) {
    case 'pause': return { op: 'pause', resource_id, days: row.days, ...channel };
    case 'suspend': return { op: 'suspend', resource_id, ...channel };
    case 'resume': return { op: 'resume', resource_id, ...channel, ...proof };
    default: return { op: 'unsubscribe', resource_id, ...channel };
  }
}

export interface Written { operations: Operation[]; rows: number[]; errors: Record<number, string> }

/** The finished operations, which row each came from, and what is wrong by row. */
export function written(rows: readonly Row[], fields: readonly Field[]): Written {
  const out: Written = { operations: [], rows: [], errors: {} };
  for (const row of rows) {
    try {
      const operation = toOperation(row, fields);
      if (operation) { out.operations.push(operation); out.rows.push(row.key); }
    } catch (error) {
      out.errors[row.key] = error instanceof Error ? error.message : 'This value cannot be used';
    }
  }
  return out;
}

/** Whom an address is about: `?segment=5`, `?ids=1,2`, `?figure=import:5:created`, `?q=city:Oslo`; everybody otherwise. */
export function audienceOf(search: { segment?: string | undefined; ids?: string | undefined; figure?: string | undefined; q?: string | undefined }): Audience {
  const ids = (search.ids ?? '').split(',').map(Number).filter((n) => Number.isInteger(n) && n > 0);
  if (ids.length > 0) return { profile_ids: ids };
  if (search.segment) return { segment: Number(search.segment) };
  if (search.figure) return { figure: search.figure, ...(search.q ? { q: search.q } : {}) };
  return search.q ? { q: search.q } : { everybody: true };
}

/** What a person may be asked to type before many are changed, or fewer messages go out. */
export const mustType = (preview: BulkPreview): boolean => preview.people > 1000 || preview.lowers;
