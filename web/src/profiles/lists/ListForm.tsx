import { Checkbox, Select, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';
import { types, type ValueListDetail, type ValueType } from './model';

interface Values extends Record<string, unknown> { name: string; description: string; type: ValueType; case_sensitive: boolean }

/** Makes a list, to be filled next, or renames one; its type is fixed once it is made. */
export function ListForm({ list, onMade, onCancel }: { list?: ValueListDetail; onMade: (id: number) => void; onCancel: () => void }) {
  const form = useAppForm<Values>({
    initialValues: { name: list?.name ?? '', description: list?.description ?? '', type: list?.type ?? 'text', case_sensitive: list?.case_sensitive ?? false },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the list' }),
  });
  const type = form.form.values.type;
  const save = useAction({
    refresh: [['value-lists'], ['vocabulary']],
    run: async (v: Values, { headers }) => {
      const about = { name: v.name.trim(), description: v.description.trim() };
      if (list) return (await ok(api.PATCH('/api/v1/value-lists/{list_id}', { params: { path: { list_id: list.id } }, body: about }))).id;
      const made = await ok(api.POST('/api/v1/value-lists', { body: { ...about, type: v.type, case_sensitive: v.type === 'text' && v.case_sensitive }, headers }));
      return made.list.id;
    },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={list ? 'Save list' : 'Make list'} onCancel={onCancel} onSave={async (v) => { onMade(await save.mutateAsync(v)); }}>
      <TextInput label="Name" {...form.form.getInputProps('name')} />
      <Select label="What it holds" description={list ? 'Fixed once the list is made' : 'Values of another type are left out and named'} disabled={Boolean(list)} allowDeselect={false}
        data={types.filter((t) => t.value !== 'boolean').map((t) => ({ value: t.value, label: `${t.label} (${t.hint})` }))} {...form.form.getInputProps('type')} />
      {type === 'text' && !list && <Checkbox label="Oslo and oslo are two values" description="Otherwise case makes no difference" {...form.form.getInputProps('case_sensitive', { type: 'checkbox' })} />}
      <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
    </AppForm>
  );
}
