import { JsonInput, Select, TagsInput, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { fieldLabel, type Field } from './model';
import type { FormValue } from './values';

interface Props { field: Field; value: FormValue; onChange: (value: FormValue) => void; error?: ReactNode }

/** The control that fits a field's type. */
export function FieldInput({ field, value, onChange, error }: Props) {
  const common = { label: fieldLabel(field), description: field.description || undefined, error, withAsterisk: field.required };
  const text = typeof value === 'string' ? value : '';
  const typed = { ...common, value: text, onChange: (event: { currentTarget: { value: string } }) => { onChange(event.currentTarget.value); } };
  switch (field.type) {
    case 'boolean':
      return <Select {...common} clearable data={[{ value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }]} value={text || null} onChange={onChange} />;
    case 'enum':
      return <Select {...common} clearable searchable data={field.options} value={text || null} onChange={onChange} />;
    case 'tags':
      return <TagsInput {...common} value={Array.isArray(value) ? value : []} onChange={onChange} />;
    case 'object': case 'objects':
      return <JsonInput {...common} autosize minRows={3} formatOnBlur value={text} onChange={onChange} />;
    case 'date':
      return <TextInput {...typed} type="date" />;
    case 'datetime':
      return <TextInput {...typed} placeholder="2026-11-01T10:00:00Z" />;
    case 'integer': case 'float':
      return <TextInput {...typed} inputMode={field.type === 'integer' ? 'numeric' : 'decimal'} />;
    default:
      return field.name === 'phones'
        ? <TagsInput {...common} description="In international form, like +47 400 00 000" value={Array.isArray(value) ? value : []} onChange={onChange} />
        : <TextInput {...typed} type={field.name === 'email' ? 'email' : 'text'} />;
  }
}
