import { Checkbox, NumberInput, Select, Stack, Textarea, TextInput } from '@mantine/core';
import type { ContentField, Scalar } from '../model';

export interface Sample { contact: string; content: Record<string, Scalar> }

interface Props {
  contact: { label: string; example: string; help: string };
  content: readonly Pick<ContentField, 'key' | 'label' | 'type' | 'required' | 'options' | 'help'>[];
  value: Sample;
  onChange: (value: Sample) => void;
  /** what is wrong, by `contact` or `content.<key>` */
  errors?: Readonly<Record<string, string>>;
}

/** A contact and the fields of one message. */
export function SampleFields({ contact, content, value, onChange, errors = {} }: Props) {
  const put = (key: string, given: Scalar) => { onChange({ ...value, content: { ...value.content, [key]: given } }); };
  return (
    <Stack gap="sm">
      <TextInput label={contact.label || 'Contact'} placeholder={contact.example} autoComplete="off" error={errors['contact']} value={value.contact} onChange={(e) => { onChange({ ...value, contact: e.currentTarget.value }); }} />
      {content.filter((f) => f.key).map((field) => {
        const given = value.content[field.key], shared = { label: field.label || field.key, withAsterisk: field.required, error: errors[`content.${field.key}`] };
        switch (field.type) {
          case 'boolean': return <Checkbox key={field.key} label={shared.label} error={shared.error} checked={given === true} onChange={(e) => { put(field.key, e.currentTarget.checked); }} />;
          case 'number': return <NumberInput key={field.key} {...shared} value={typeof given === 'number' ? given : ''} onChange={(next) => { put(field.key, next); }} />;
          case 'choice': return <Select key={field.key} {...shared} clearable data={field.options.map((o) => ({ value: o.value, label: o.label }))} value={typeof given === 'string' && given !== '' ? given : null} onChange={(next) => { put(field.key, next ?? ''); }} />;
          case 'long_text': return <Textarea key={field.key} {...shared} autosize minRows={2} maxRows={10} value={String(given ?? '')} onChange={(e) => { put(field.key, e.currentTarget.value); }} />;
          default: return <TextInput key={field.key} {...shared} value={String(given ?? '')} onChange={(e) => { put(field.key, e.currentTarget.value); }} />;
        }
      })}
    </Stack>
  );
}

/** What was entered, without the empty ones. */
export const filledIn = (content: Readonly<Record<string, Scalar>>): Record<string, Scalar> => Object.fromEntries(Object.entries(content).filter(([, value]) => value !== ''));
