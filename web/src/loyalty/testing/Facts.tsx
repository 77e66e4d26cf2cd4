import { MultiSelect, NumberInput, Select, TagsInput, Text, TextInput } from '@mantine/core';
import type { AskedField, Draft, Facts as Asked, FieldValue } from './model';

interface FieldProps { field: AskedField; value: FieldValue | undefined; change: (value: FieldValue) => void }

const yesNo = [{ value: 'true', label: 'yes' }, { value: 'false', label: 'no' }];

/** A field of somebody made up, as its type wants it; empty is no value. */
function Field({ field, value, change }: FieldProps) {
  const { label, type } = field, text = typeof value === 'string' ? value : '';
  if (type === 'integer' || type === 'float') return <NumberInput label={label} w={140} allowDecimal={type === 'float'} value={typeof value === 'number' ? value : ''} onChange={(next) => { change(typeof next === 'number' ? next : null); }} />;
  if (type === 'boolean') return <Select label={label} w={120} clearable placeholder="no value" data={yesNo} value={typeof value === 'boolean' ? String(value) : null} onChange={(next) => { change(next === null ? null : next === 'true'); }} />;
  if (type === 'enum') return <Select label={label} w={160} clearable placeholder="no value" data={field.options} value={text || null} onChange={change} />;
  if (type === 'tags') return <TagsInput label={label} miw={180} placeholder="Type one, then Enter" value={Array.isArray(value) ? value : []} onChange={change} />;
  return <TextInput label={label} w={170} type={type === 'date' ? 'date' : 'text'} placeholder={type === 'datetime' ? '2026-11-24T10:00:00Z' : 'no value'} value={text} onChange={(event) => { change(event.currentTarget.value); }} />;
}

interface Props { facts: Asked | undefined; draft: Draft; set: (part: Partial<Draft>) => void }

/** What the promotions look at of who buys: the fields and segments that their rules name, and nothing else. */
export function Facts({ facts, draft, set }: Props) {
  if (!facts) return null;
  const { fields, segments } = facts;
  if (fields.length === 0 && segments.length === 0) return <Text size="sm" c="dimmed">No promotion here looks at fields or segments of people.</Text>;
  const unknown = draft.segments.filter((id) => !segments.some((segment) => segment.id === id));
  return (
    <>
      {fields.map((field) => <Field key={field.name} field={field} value={draft.fields[field.name]} change={(value) => { set({ fields: { ...draft.fields, [field.name]: value } }); }} />)}
      {(segments.length > 0 || unknown.length > 0) && (
        <MultiSelect label="In the segments" style={{ flex: '1 1 14rem' }} searchable clearable placeholder={draft.segments.length ? '' : 'in none of them'}
          data={[...segments.map((segment) => ({ value: String(segment.id), label: segment.name })), ...unknown.map((id) => ({ value: String(id), label: `segment ${String(id)}` }))]}
          value={draft.segments.map(String)} onChange={(ids) => { set({ segments: ids.map(Number) }); }} />
      )}
    </>
  );
}
