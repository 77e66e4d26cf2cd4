import { NumberInput, Select, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { AppForm, useAppForm } from '@/kit';

type RelationType = components['schemas']['RelationType'];
interface Values extends Record<string, unknown> { way: string; other: string; properties: Record<string, string | number> }

/** Relates a person to another one, named by id or address. */
export function RelateForm({ databaseId, profileId, types, onSaved, onCancel }: { databaseId: number; profileId: number; types: RelationType[]; onSaved: () => void; onCancel: () => void }) {
  const ways = types.flatMap((t) => [
    ...(t.database_a === databaseId ? [{ value: `${t.id}.a`, label: t.label || t.name }] : []),
    ...(t.database_b === databaseId ? [{ value: `${t.id}.b`, label: t.inverse_label || `${t.name} (from the other side)` }] : []),
  ]);
  const form = useAppForm<Values>({ initialValues: { way: ways[0]?.value ?? '', other: '', properties: {} }, check: (v) => ({ other: v.other.trim() ? null : 'Enter the id or the e-mail address of the other person' }) });
  const [typeId, side] = form.form.values.way.split('.');
  const type = types.find((t) => String(t.id) === typeId);
  const save = useAction({
    refresh: [['relations']],
    run: async (v: Values, { headers }) => {
      const text = v.other.trim().replace(/^#/, '');
      const other = /^\d+$/.test(text) ? Number(text) : { email: text };
      const properties = Object.fromEntries(Object.entries(v.properties).filter(([, value]) => value !== ''));
      const item = side === 'a' ? { a: profileId, b: other, properties } : { a: other, b: profileId, properties };
      const reply = await ok(api.POST('/api/v1/relations/{type_id}/attach', { params: { path: { type_id: Number(typeId) } }, body: { items: [item] }, headers }));
      const outcome = reply.items[0];
      if (outcome?.status === 'rejected') throw new Error(outcome.error ?? 'This relation is refused');
      return reply;
    },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Relate" onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      <Select label="This person" data={ways} allowDeselect={false} {...form.form.getInputProps('way')} />
      <TextInput label="The other person" description="Id or e-mail address" {...form.form.getInputProps('other')} />
      {type?.properties.map((p) => (p.type === 'integer' || p.type === 'float'
        ? <NumberInput key={p.name} label={p.label || p.name.replaceAll('_', ' ')} allowDecimal={p.type === 'float'} {...form.form.getInputProps(`properties.${p.name}`)} />
        : <TextInput key={p.name} label={p.label || p.name.replaceAll('_', ' ')} {...(p.type === 'date' ? { placeholder: '2026-03-31' } : {})} {...form.form.getInputProps(`properties.${p.name}`)} />))}
    </AppForm>
  );
}
