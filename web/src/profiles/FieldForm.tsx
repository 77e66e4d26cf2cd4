import { Checkbox, Select, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';
import { fieldTypes, type Field, type FieldType } from './model';

interface Values extends Record<string, unknown> { name: string; label: string; type: FieldType; options: string[]; validator: string; paths: string; unique: boolean; required: boolean; description: string }

const readPaths = (text: string) => Object.fromEntries(text.split('\n').filter((line) => line.includes('=')).map((line) => { const at = line.indexOf('='); return [line.slice(0, at).trim(), line.slice(at + 1).trim()]; }));

const check = (v: Values) => ({
  name: /^[a-z][a-z0-9_]{0,62}$/.test(v.name) ? null : 'Use small letters, digits and _, beginning with a letter, like shoe_size',
  options: v.type === 'enum' && v.options.length === 0 ? 'Give the choices' : null,
});

/** Adds a field to a database, or changes one; the type is fixed once the field is made. */
export function FieldForm({ databaseId, field, onSaved, onCancel }: { databaseId: number; field?: Field; onSaved: () => void; onCancel: () => void }) {
  const form = useAppForm<Values>({
    initialValues: {
      name: field?.name ?? '', label: field?.label ?? '', type: field?.type ?? 'string', options: field?.options ?? [], validator: field?.validator ?? '', paths: Object.entries(field?.path_validators ?? {}).map(([path, pattern]) => `${path} = ${pattern}`).join('\n'), unique: field?.unique ?? false, required: field?.required ?? false, description: field?.description ?? '',
    },
    check,
  });
  const type = form.form.values.type, kept = Boolean(field?.keeper);
  const save = useAction({
    refresh: [['databases'], ['vocabulary']],
    run: async (v: Values, { headers }) => {
      const text = v.type === 'string' || v.type === 'tags', object = v.type === 'object' || v.type === 'objects';
      const body = { name: v.name, label: v.label.trim(), unique: v.unique, required: v.required, description: v.description.trim(), ...(v.type === 'enum' ? { options: v.options } : {}), ...(text ? { validator: v.validator || null } : {}), ...(object ? { path_validators: readPaths(v.paths) } : {}) };
      const words = { label: body.label, description: body.description };
      if (field) return ok(api.PATCH('/api/v1/databases/{database_id}/fields/{field}', { params: { path: { database_id: databaseId, field: field.name } }, body: kept ? words : body }));
      return ok(api.POST('/api/v1/databases/{database_id}/fields', { params: { path: { database_id: databaseId } }, body: { ...body, type: v.type }, headers }));
    },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={field ? 'Save field' : 'Add field'} onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      {kept && <Text size="sm" c="dimmed">A score fills this field. Its words can be changed; its name and values are the score’s.</Text>}
      <TextInput label="Name" disabled={kept} description="How files, templates and the API call it" {...form.form.getInputProps('name')} />
      <TextInput label="Label" description="How people see it; made from the name when empty" {...form.form.getInputProps('label')} />
      <Select label="Type" description={field ? 'Fixed once the field is made: stored values could not be read otherwise' : undefined} disabled={Boolean(field)} data={fieldTypes} allowDeselect={false} {...form.form.getInputProps('type')} />
      {type === 'enum' && <TagsInput label="Choices" description="Enter adds one" {...form.form.getInputProps('options')} />}
      {!kept && (type === 'string' || type === 'tags') && <TextInput label="Pattern" description="A regular expression that the whole value must match; leave empty for any" {...form.form.getInputProps('validator')} />}
      {(type === 'object' || type === 'objects') && <Textarea label="Patterns" description="One a line: a path, =, and the regular expression that what lies there must match. Of lists every item is checked" placeholder="address.zip = [0-9]{4}" autosize minRows={2} {...form.form.getInputProps('paths')} />}
      {!kept && <Checkbox label="Unique: no two people share a value" {...form.form.getInputProps('unique', { type: 'checkbox' })} />}
      {!kept && <Checkbox label="Mandatory: a new profile must have a value" {...form.form.getInputProps('required', { type: 'checkbox' })} />}
      <TextInput label="Description" {...form.form.getInputProps('description')} />
    </AppForm>
  );
}
