import { Button, Checkbox, Group, Select, Stack, Table, Text, Textarea, TextInput } from '@mantine/core';
import { IconArrowUp, IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { AppForm, doneToast, failToast, IconButton, Loaded, Section, useAppForm } from '@/kit';

type Center = components['schemas']['PreferenceCenterOut'];
type CenterField = components['schemas']['CenterFieldOut'];

interface Values extends Record<string, unknown> { title: string; logo_text: string; intro: string; language: string; fields: CenterField[] }

const languages: Record<string, string> = { en: 'English', de: 'Deutsch', es: 'Español', fr: 'Français', ru: 'Русский' };
const valuesOf = ({ title, logo_text, intro, language, fields }: Center): Values => ({ title, logo_text, intro, language, fields });

/** Which fields people see, in which order, and which they may change. */
function Fields({ fields, onChange }: { fields: CenterField[]; onChange: (fields: CenterField[]) => void }) {
  const set = (name: string, change: Partial<CenterField>) => { onChange(fields.map((f) => (f.name === name ? { ...f, ...change } : f))); };
  const up = (at: number) => {
    const order = [...fields];
    const [one] = order.splice(at, 1);
    if (one) order.splice(at - 1, 0, one);
    onChange(order);
  };
  return (
    <Table.ScrollContainer minWidth={270}>
      <Table verticalSpacing={4} aria-label="Fields of the page">
        <Table.Thead><Table.Tr><Table.Th>Field</Table.Th><Table.Th w={72}>Show</Table.Th><Table.Th w={96}>May edit</Table.Th><Table.Th w={64}>Order</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {fields.map((f, at) => (
            <Table.Tr key={f.name}>
              <Table.Td>{f.label}</Table.Td>
              <Table.Td><Checkbox aria-label={`Show ${f.label}`} checked={f.shown} onChange={(e) => { set(f.name, { shown: e.currentTarget.checked, editable: e.currentTarget.checked && f.editable }); }} /></Table.Td>
              <Table.Td>{f.can_edit ? <Checkbox aria-label={`People may edit ${f.label}`} checked={f.editable} onChange={(e) => { set(f.name, { editable: e.currentTarget.checked, shown: e.currentTarget.checked || f.shown }); }} /> : <Text size="xs" c="dimmed">only shown</Text>}</Table.Td>
              <Table.Td>
                {f.shown && at > 0 && <IconButton label={`Move ${f.label} up`} size="sm" onClick={() => { up(at); }}><IconArrowUp size={14} /></IconButton>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Settings({ center }: { center: Center }) {
  const canUpdate = useCan('databases:update');
  const form = useAppForm<Values>({ initialValues: valuesOf(center) });
  const save = useAction({
    refresh: [['databases', center.database_id, 'preference-center']],
    run: ({ fields, ...v }: Values) => ok(api.PUT('/api/v1/databases/{database_id}/preference-center', { params: { path: { database_id: center.database_id } }, body: { ...v, fields: fields.filter((f) => f.shown).map(({ name, editable }) => ({ name, editable })) } })),
  });
  const preview = useAction({ run: () => ok(api.GET('/api/v1/databases/{database_id}/preference-center/preview', { params: { path: { database_id: center.database_id } } })) });
  const open = () => {
    const shown = window.open('', '_blank'); // before the answer comes, or the browser takes it for an unwanted window
    preview.mutate(undefined, {
      onSuccess: ({ url }) => { if (shown) { shown.opener = null; shown.location.href = new URL(url).pathname; } },
      onError: (error) => { shown?.close(); failToast(error); },
    });
  };
  return (
    <AppForm state={form} mode="edit" saveLabel="Save preference page" onSave={async (v) => { if (canUpdate) form.reset(valuesOf(await save.mutateAsync(v))); doneToast('Preference page saved'); }}>
      <Section title="The page">
        <Text c="dimmed">People reach it by {'{{ preferences_url }}'} in a mail. There they pause or leave what they hear from you, and change their details.</Text>
        <Group><Button variant="default" leftSection={<IconExternalLink size={16} />} loading={preview.isPending} onClick={open}>Preview as saved</Button></Group>
        <TextInput label="Title" placeholder="Your preferences" description="Empty: in the reader's language" {...form.form.getInputProps('title')} />
        <TextInput label="Logo text" placeholder="Such as the name of your shop" {...form.form.getInputProps('logo_text')} />
        <Textarea label="Introduction" autosize minRows={2} {...form.form.getInputProps('intro')} />
        <Select label="Language" description="For people whose own language is not known, or none of these" data={center.languages.map((l) => ({ value: l, label: languages[l] ?? l }))} allowDeselect={false} {...form.form.getInputProps('language')} />
      </Section>
      <Section title="Fields">
        <Fields fields={form.form.values.fields} onChange={(fields) => { form.form.setFieldValue('fields', fields); }} />
      </Section>
    </AppForm>
  );
}

/** The settings of a database's preference centre. */
export function PreferencesTab({ databaseId }: { databaseId: number }) {
  const query = useQuery({ queryKey: ['databases', databaseId, 'preference-center'], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/preference-center', { params: { path: { database_id: databaseId } }, signal })) });
  return <Stack maw={720}><Loaded query={query} what="the preference page">{(center) => <Settings center={center} />}</Loaded></Stack>;
}
