import { Checkbox, Collapse, Group, MultiSelect, NumberInput, Radio, Select, Stack, Textarea, TextInput, Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { AppForm, Section, useAppForm } from '@/kit';
import { FilterFields, HeaderRows } from './HookRows';
import { refresh, useTypes, type EventType, type Hook } from './model';
import { bodyOf, check, valuesOf, type Values } from './values';

type Made = components['schemas']['HookSecret'];

/** Types by their groups, and those that are chosen already. */
function typeChoices(types: readonly EventType[], chosen: readonly string[]) {
  const groups = new Map<string, { value: string; label: string }[]>();
  for (const type of types) {
    const group = type.builtin ? type.name.split('.')[0] ?? '' : 'your own';
    groups.set(group, [...(groups.get(group) ?? []), { value: type.name, label: type.builtin ? type.label : `${type.label} (${type.name})` }]);
  }
  const gone = chosen.filter((name) => !types.some((type) => type.name === name));
  const found = [...groups].map(([group, items]) => ({ group: group.charAt(0).toUpperCase() + group.slice(1), items }));
  return gone.length > 0 ? [...found, { group: 'Not known here', items: gone.map((name) => ({ value: name, label: name })) }] : found;
}

/** Makes a hook, or changes one. */
export function HookForm({ hook, onMade, onSaved, onCancel }: { hook?: Hook; onMade?: (made: Made) => void; onSaved?: (hook: Hook) => void; onCancel?: () => void }) {
  const form = useAppForm<Values>({ initialValues: valuesOf(hook), check });
  const { form: f } = form;
  const databases = useDatabases() ?? [], here = useDatabase()?.id;
  const types = useTypes(f.values.database_id === 'all' ? here : Number(f.values.database_id)).data?.items ?? [];
  const filtered = f.values.properties.length + f.values.mailings.length + f.values.templates.length + f.values.segments.length + f.values.resources.length > 0;
  const [more, toggle] = useDisclosure(filtered);
  const make = useAction({ refresh, run: (v: Values, { headers }) => ok(api.POST('/api/v1/hooks', { body: bodyOf(v), headers })) });
  const save = useAction({ refresh, run: (v: Values) => ok(api.PATCH('/api/v1/hooks/{hook_id}', { params: { path: { hook_id: hook?.id ?? 0 } }, body: bodyOf(v) })) });
  const onSave = async (v: Values) => {
    if (!hook) { onMade?.(await make.mutateAsync(v)); return; }
    const saved = await save.mutateAsync(v);
    form.reset(valuesOf(saved));
    onSaved?.(saved);
  };
  return (
    <AppForm state={form} mode={hook ? 'edit' : 'create'} {...(hook ? {} : { guard: false })} saveLabel={hook ? 'Save hook' : 'Make hook'} {...(onCancel ? { onCancel } : {})} onSave={onSave}>
      <Section title="Receiver">
        <TextInput label="Name" description="Such as Warehouse or Analytics" {...f.getInputProps('name')} />
        <TextInput label="Address" description="Events are posted to it as JSON" type="url" {...f.getInputProps('url')} />
        {f.values.url.trim().startsWith('http://') && <Checkbox label="Send unencrypted" description="Anybody on the way can read what goes to http://" {...f.getInputProps('allow_http', { type: 'checkbox' })} />}
        <HeaderRows form={f} />
      </Section>
      <Section title="Events">
        <Select label="Database" allowDeselect={false} data={[{ value: 'all', label: 'All databases' }, ...databases.map((d) => ({ value: String(d.id), label: d.name }))]} {...f.getInputProps('database_id')} />
        <Radio.Group label="What is sent" {...f.getInputProps('which')}>
          <Stack gap={6} mt={6}><Radio value="all" label="Every event" /><Radio value="some" label="Only some types" /></Stack>
        </Radio.Group>
        {f.values.which === 'some' && <MultiSelect label="Types" searchable clearable hidePickedOptions maxDropdownHeight={320} data={typeChoices(types, f.values.types)} {...f.getInputProps('types')} />}
        <Group><Button variant="subtle" size="compact-sm" aria-expanded={more} onClick={toggle.toggle}>{more ? 'Hide filters' : 'Filter the events'}</Button></Group>
        <Collapse expanded={more}><FilterFields form={f} /></Collapse>
      </Section>
      <Section title="Requests">
        <Group gap="sm" align="flex-start" grow>
          <NumberInput label="Events in a request, at most" min={1} max={500} {...f.getInputProps('batch_size')} />
          <NumberInput label="Wait for more, at most" suffix=" s" min={0} max={3600} {...f.getInputProps('max_delay')} />
        </Group>
        <Textarea label="Data of your own" description="A JSON object that goes along with each request, such as {&quot;shop&quot;: 7}" autosize minRows={2} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} {...f.getInputProps('custom_data')} />
      </Section>
    </AppForm>
  );
}
