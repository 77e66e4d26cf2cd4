import { Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';

interface Values extends Record<string, unknown> { name: string; description: string }

const check = (v: Values) => ({ name: v.name.trim() ? null : 'Enter a name for the stop list' });

/** Makes a stop list. */
export function SuppressionListForm({ onSaved, onCancel }: { onSaved: () => void; onCancel: () => void }) {
  const form = useAppForm<Values>({ initialValues: { name: '', description: '' }, check });
  const save = useAction({ refresh: [['suppression-lists']], run: (v: Values, { headers }) => ok(api.POST('/api/v1/suppression-lists', { body: { name: v.name.trim(), description: v.description.trim() }, headers })) });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make stop list" onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      <TextInput label="Name" {...form.form.getInputProps('name')} />
      <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
    </AppForm>
  );
}
