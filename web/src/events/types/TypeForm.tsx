import { ActionIcon, Button, Fieldset, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';
import { propertyTypes, refresh, type EventType, type PropertyType } from './model';

interface Row { name: string; type: PropertyType; label: string }
interface Values extends Record<string, unknown> { name: string; label: string; description: string; properties: Row[] }

const declared = (type: EventType | undefined): Row[] => (type?.properties ?? []).filter((p) => p.declared).map((p) => ({ name: p.name, type: p.type === 'decimal' ? 'float' : p.type, label: p.label }));

function check(v: Values): Record<string, string | null> {
  const faults: Record<string, string | null> = { name: /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(v.name.trim()) ? null : 'Enter a name of letters, digits, _ and -, such as quiz_done' };
  v.properties.forEach((row, n) => {
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(row.name)) faults[`properties.${n}.name`] = 'Letters, digits, _ and -, a letter first';
    else if (v.properties.findIndex((other) => other.name === row.name) < n) faults[`properties.${n}.name`] = 'This property stands here twice';
  });
  return faults;
}

/** Declares a type of one's own, or changes what is declared. */
export function TypeForm({ databaseId, type, onSaved, onCancel }: { databaseId: number; type?: EventType; onSaved: (type: EventType) => void; onCancel: () => void }) {
  const form = useAppForm<Values>({ initialValues: { name: type?.name.replace(/^custom\./, '') ?? '', label: type?.label ?? '', description: type?.description ?? '', properties: declared(type) }, check });
  const { form: f } = form;
  const seen = (type?.properties ?? []).filter((p) => !p.declared && !f.values.properties.some((row) => row.name === p.name));
  const save = useAction({
    refresh,
    run: (v: Values, { headers }) => {
      const body = { label: v.label.trim(), description: v.description.trim(), properties: v.properties };
      return type?.id ? ok(api.PATCH('/api/v1/event-types/{type_id}', { params: { path: { type_id: type.id } }, body })) : ok(api.POST('/api/v1/event-types', { body: { ...body, database_id: databaseId, name: `custom.${v.name.trim().replace(/^custom\./, '')}` }, headers }));
    },
  });
  const add = (row: Row) => { f.insertListItem('properties', row); };
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={type ? 'Save type' : 'Define type'} onCancel={onCancel} onSave={async (v) => { onSaved(await save.mutateAsync(v)); }}>
      <TextInput label="Name" description="What your programs send, without custom. in front" readOnly={type !== undefined} leftSection={<Text size="sm" c="dimmed">custom.</Text>} leftSectionWidth={72} {...f.getInputProps('name')} />
      <TextInput label="Label" description="What people see; made of the name when empty" {...f.getInputProps('label')} />
      <Textarea label="What it means" autosize minRows={2} {...f.getInputProps('description')} />
      <Fieldset legend="Properties" variant="unstyled">
        <Stack gap="sm">
          <Text size="sm" c="dimmed">An event whose value has another type is rejected; other properties stay free. After a change, values of another type in history count as missing.</Text>
          {f.values.properties.map((row, n) => (
            <Group key={n} gap="sm" align="flex-start" wrap="nowrap">
              <TextInput label="Property" style={{ flex: 1 }} {...f.getInputProps(`properties.${n}.name`)} />
              <Select label="Type" w={150} data={propertyTypes} allowDeselect={false} {...f.getInputProps(`properties.${n}.type`)} />
              <ActionIcon variant="subtle" color="gray" mt={26} size="lg" aria-label={`Remove ${row.name || `property ${n + 1}`}`} onClick={() => { f.removeListItem('properties', n); }}><IconX size={16} /></ActionIcon>
            </Group>
          ))}
          <Group gap="xs">
            <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { add({ name: '', type: 'string', label: '' }); }}>Add property</Button>
            {seen.slice(0, 8).map((p) => <Button key={p.name} variant="subtle" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { add({ name: p.name, type: p.type === 'decimal' ? 'float' : p.type, label: '' }); }}>{p.name}</Button>)}
          </Group>
        </Stack>
      </Fieldset>
    </AppForm>
  );
}
