import { ActionIcon, Button, Fieldset, Group, MultiSelect, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import type { AppFormState } from '@/kit';
import { ops } from './model';
import type { Values } from './values';

type Form = AppFormState<Values>['form'];

function Remove({ what, onClick }: { what: string; onClick: () => void }) {
  return <ActionIcon variant="subtle" color="gray" mt={26} size="lg" aria-label={`Remove ${what}`} onClick={onClick}><IconX size={16} /></ActionIcon>;
}

/** Headers of one's own; stored values are never shown. */
export function HeaderRows({ form }: { form: Form }) {
  return (
    <Fieldset legend="Headers" variant="unstyled">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">Sent along with each request, such as what the receiver wants for signing in. Their values are encrypted and not shown again.</Text>
        {form.values.headers.map((row, n) => (
          <Group key={n} gap="sm" align="flex-start" wrap="nowrap">
            <TextInput label="Header" style={{ flex: 1 }} readOnly={row.stored} autoComplete="off" placeholder="Authorization" {...form.getInputProps(`headers.${n}.name`)} />
            <PasswordInput label="Value" style={{ flex: 1 }} autoComplete="off" placeholder={row.stored ? 'stored; type to replace' : ''} {...form.getInputProps(`headers.${n}.value`)} />
            <Remove what={`header ${row.name || n + 1}`} onClick={() => { form.removeListItem('headers', n); }} />
          </Group>
        ))}
        <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem('headers', { name: '', value: '', stored: false }); }}>Add header</Button></Group>
      </Stack>
    </Fieldset>
  );
}

function PropertyRows({ form }: { form: Form }) {
  return (
    <Stack gap="sm">
      {form.values.properties.map((row, n) => (
        <Group key={n} gap="sm" align="flex-start" wrap="nowrap">
          <TextInput label="Property" style={{ flex: 1 }} placeholder="total" {...form.getInputProps(`properties.${n}.name`)} />
          <Select label="Must" w={132} data={ops} allowDeselect={false} {...form.getInputProps(`properties.${n}.op`)} />
          {!row.op.startsWith('is_') && <TextInput label="Value" style={{ flex: 1 }} {...form.getInputProps(`properties.${n}.value`)} />}
          <Remove what={`condition on ${row.name || n + 1}`} onClick={() => { form.removeListItem('properties', n); }} />
        </Group>
      ))}
      <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem('properties', { name: '', op: 'eq', value: '' }); }}>Add condition on a property</Button></Group>
    </Stack>
  );
}

interface Named { id: number; name: string }
const choices = (items: readonly Named[] | undefined, chosen: readonly string[]) => {
  const known = (items ?? []).map((item) => ({ value: String(item.id), label: item.name }));
  return [...known, ...chosen.filter((id) => !known.some((k) => k.value === id)).map((id) => ({ value: id, label: `number ${id}` }))];
};

/** Which of the events are sent at all. */
export function FilterFields({ form }: { form: Form }) {
  const can = { resources: useCan('consent:read'), mailings: useCan('mailings:read'), templates: useCan('templates:read'), segments: useCan('segments:read') };
  const query = { limit: 1000 };
  const resources = useQuery({ queryKey: ['resources', 'all'], enabled: can.resources, queryFn: ({ signal }) => ok(api.GET('/api/v1/resources', { params: { query }, signal })) });
  const mailings = useQuery({ queryKey: ['mailings', 'names'], enabled: can.mailings, queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings', { params: { query }, signal })) });
  const templates = useQuery({ queryKey: ['templates', 'names'], enabled: can.templates, queryFn: ({ signal }) => ok(api.GET('/api/v1/templates', { params: { query }, signal })) });
  const segments = useQuery({ queryKey: ['segments', 'names'], enabled: can.segments, queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query }, signal })) });
  const fields = [
    { key: 'mailings', label: 'Only of these mailings', items: mailings.data?.items },
    { key: 'templates', label: 'Only of these templates', items: templates.data?.items },
    { key: 'segments', label: 'Only of these segments', items: segments.data?.items },
    { key: 'resources', label: 'Only of these resources', items: resources.data?.items },
  ] as const;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">An event has to meet all of them. One that names no mailing is left out as soon as you choose mailings here, and so on.</Text>
      {fields.filter(({ key }) => can[key]).map(({ key, label, items }) => (
        <MultiSelect key={key} label={label} searchable clearable data={choices(items, form.values[key])} {...form.getInputProps(key)} />
      ))}
      <PropertyRows form={form} />
    </Stack>
  );
}
