import { MultiSelect, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { consentChannels, useChannels } from '@/channels/model';
import { AppForm, useAppForm } from '@/kit';
import type { Resource } from './model';

interface Values extends Record<string, unknown> { name: string; description: string; website: string; channels: string[]; database_ids: string[] }

const check = (v: Values) => ({ name: v.name.trim() ? null : 'Enter a name for the resource', channels: v.channels.length > 0 ? null : 'Choose at least one channel' });

/** Makes a resource, or changes one. */
export function ResourceForm({ resource, onSaved, onCancel }: { resource?: Resource; onSaved: () => void; onCancel: () => void }) {
  const databases = useDatabases() ?? [];
  const channels = consentChannels(useChannels());
  const form = useAppForm<Values>({
    initialValues: { name: resource?.name ?? '', description: resource?.description ?? '', website: resource?.website ?? '', channels: resource?.channels ?? ['email'], database_ids: (resource?.database_ids ?? []).map(String) },
    check,
  });
  const save = useAction({
    refresh: [['resources']],
    run: (v: Values, { headers }) => {
      const body = { name: v.name.trim(), description: v.description.trim(), website: v.website.trim(), channels: v.channels, database_ids: v.database_ids.map(Number) };
      return resource ? ok(api.PATCH('/api/v1/resources/{resource_id}', { params: { path: { resource_id: resource.id } }, body })) : ok(api.POST('/api/v1/resources', { body, headers }));
    },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={resource ? 'Save resource' : 'Make resource'} onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      <TextInput label="Name" description="People see it when they leave, such as Shop news" {...form.form.getInputProps('name')} />
      <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
      <TextInput label="Website" placeholder="https://" {...form.form.getInputProps('website')} />
      <MultiSelect label="Channels" data={channels} {...form.form.getInputProps('channels')} />
      <MultiSelect label="Databases" description="Whose people may subscribe; all of them when empty" data={databases.map((d) => ({ value: String(d.id), label: d.name }))} {...form.form.getInputProps('database_ids')} />
    </AppForm>
  );
}
