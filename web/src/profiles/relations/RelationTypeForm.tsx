import { ActionIcon, Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { AppForm, useAppForm } from '@/kit';

type RelationType = components['schemas']['RelationType'];
type Property = RelationType['properties'][number];
interface Values extends Record<string, unknown> { name: string; label: string; inverse_label: string; description: string; database_a: string; database_b: string; properties: Property[] }

const kinds = [{ value: 'float', label: 'Number' }, { value: 'integer', label: 'Whole number' }, { value: 'string', label: 'Text' }, { value: 'boolean', label: 'Yes or no' }, { value: 'date', label: 'Date' }];

/** Makes a type of relation, or changes one. */
export function RelationTypeForm({ type, onSaved, onCancel }: { type?: RelationType; onSaved: () => void; onCancel: () => void }) {
  const databases = useDatabases() ?? [];
  const first = String(type?.database_a ?? databases[0]?.id ?? '');
  const form = useAppForm<Values>({
    initialValues: { name: type?.name ?? '', label: type?.label ?? '', inverse_label: type?.inverse_label ?? '', description: type?.description ?? '', database_a: first, database_b: String(type?.database_b ?? first), properties: type?.properties ?? [] },
    check: (v) => ({ name: /^[a-z][a-z0-9_]{0,39}$/.test(v.name) ? null : 'Use small letters, digits and _, beginning with a letter, like family' }),
  });
  const { values } = form.form;
  const save = useAction({
    refresh: [['relations'], ['vocabulary']],
    run: (v: Values, { headers }) => {
      const body = { label: v.label.trim(), inverse_label: v.inverse_label.trim(), description: v.description.trim(), properties: v.properties };
      return type ? ok(api.PATCH('/api/v1/relations/{type_id}', { params: { path: { type_id: type.id } }, body })) : ok(api.POST('/api/v1/relations', { body: { ...body, name: v.name, database_a: Number(v.database_a), database_b: Number(v.database_b) }, headers }));
    },
  });
  const choices = databases.map((d) => ({ value: String(d.id), label: d.name }));
  const known = new Set(type?.properties.map((p) => p.name));
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={type ? 'Save relation' : 'Make relation'} onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      <TextInput label="Name" description="How conditions and the API call it" disabled={Boolean(type)} {...form.form.getInputProps('name')} />
      <Select label="People of" data={choices} disabled={Boolean(type)} allowDeselect={false} {...form.form.getInputProps('database_a')} />
      <TextInput label="In words" placeholder="is a parent of" {...form.form.getInputProps('label')} />
      <Select label="People of (the other side)" data={choices} disabled={Boolean(type)} allowDeselect={false} {...form.form.getInputProps('database_b')} />
      <TextInput label="In words, from the other side" placeholder="is a child of" {...form.form.getInputProps('inverse_label')} />
      <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
      <Stack gap="xs">
        <Text fw={500} size="sm">What each relation holds</Text>
        {values.properties.map((p, n) => (
          <Group key={n} align="end" wrap="nowrap">
            <TextInput label="Property" style={{ flex: 1 }} disabled={known.has(p.name) && n < known.size} {...form.form.getInputProps(`properties.${n}.name`)} />
            <Select label="Type" w={140} data={kinds} disabled={known.has(p.name) && n < known.size} allowDeselect={false} {...form.form.getInputProps(`properties.${n}.type`)} />
            <ActionIcon variant="subtle" size="lg" aria-label={`Remove ${p.name || 'this property'}`} onClick={() => { form.form.removeListItem('properties', n); }}><IconTrash size={16} /></ActionIcon>
          </Group>
        ))}
        <Group><Button variant="default" size="compact-sm" onClick={() => { form.form.insertListItem('properties', { name: '', type: 'float', label: '' }); }}>Add property</Button></Group>
      </Stack>
    </AppForm>
  );
}
