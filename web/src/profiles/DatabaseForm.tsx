import { Select, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, localZone, useAppForm } from '@/kit';
import type { Database } from './model';

interface Values extends Record<string, unknown> { name: string; timezone: string; description: string }

const zones = () => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((z) => z !== 'UTC')];
const check = (v: Values) => ({ name: v.name.trim() ? null : 'Enter a name for the database' });

/** Makes a database, or changes its name, time zone and description. */
export function DatabaseForm({ database, onSaved, onCancel }: { database?: Database; onSaved: (id: number) => void; onCancel?: () => void }) {
  const form = useAppForm<Values>({ initialValues: { name: database?.name ?? '', timezone: database?.timezone ?? localZone(), description: database?.description ?? '' }, check });
  const save = useAction({
    refresh: [['databases']],
    run: async (v: Values, { headers }) => {
      const body = { name: v.name.trim(), timezone: v.timezone, description: v.description.trim() };
      if (database) return ok(api.PATCH('/api/v1/databases/{database_id}', { params: { path: { database_id: database.id } }, body }));
      return ok(api.POST('/api/v1/databases', { body, headers }));
    },
  });
  return (
    <AppForm state={form} mode={database ? 'edit' : 'create'} guard={Boolean(database)} saveLabel={database ? 'Save database' : 'Make database'} onSave={async (v) => { onSaved((await save.mutateAsync(v)).id); }} {...(onCancel ? { onCancel } : {})}>
      <TextInput label="Name" description="Such as the brand or country" {...form.form.getInputProps('name')} />
      <Select label="Time zone" description="Decides where a day begins: in segments, schedules and reports" searchable limit={50} data={zones()} allowDeselect={false} {...form.form.getInputProps('timezone')} />
      <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
    </AppForm>
  );
}
