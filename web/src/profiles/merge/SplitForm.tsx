import { Checkbox, MultiSelect, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';
import { fieldLabel, valueText, type Database, type Profile } from '../model';

interface Values extends Record<string, unknown> { first_name: string; last_name: string; email: string; fields: string[]; subscriptions: string[]; history: boolean; static_segments: boolean }

/** Splits somebody off a profile that holds two people. */
export function SplitForm({ database, profile, onSaved, onCancel }: { database: Database; profile: Profile; onSaved: (id: number) => void; onCancel: () => void }) {
  const consent = useQuery({ queryKey: ['subscriptions', database.id, profile.id, 'split'], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/subscriptions', { params: { path: { database_id: database.id, profile_id: profile.id }, query: { limit: 200 } }, signal })) });
  const form = useAppForm<Values>({
    initialValues: { first_name: '', last_name: '', email: '', fields: [], subscriptions: [], history: false, static_segments: false },
    check: (v) => ({ fields: v.fields.length > 0 || v.first_name || v.last_name || v.email || v.subscriptions.length > 0 ? null : 'Choose what moves, or say who the new person is' }),
  });
  const movable = database.fields.filter((f) => !f.read_only && !f.required && f.name !== 'status' && valueText(profile[f.name]) !== null);
  const split = useAction({
    refresh: [['profiles'], ['databases'], ['subscriptions']],
    run: (v: Values, { headers }) => {
      const data = Object.fromEntries((['first_name', 'last_name', 'email'] as const).filter((k) => v[k].trim()).map((k) => [k, v[k].trim()]));
      return ok(api.POST('/api/v1/databases/{database_id}/profiles/split', { params: { path: { database_id: database.id } }, body: { source: profile.id, destinations: [{ data, fields: v.fields, subscriptions: v.subscriptions.map(Number) }], history: v.history, static_segments: v.static_segments }, headers }));
    },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Split off" onCancel={onCancel} onSave={async (v) => { const done = await split.mutateAsync(v); onSaved((done.parts[0] as Profile).id); }}>
      <Text size="sm">When one profile holds two people, one of them gets a profile of their own here. This profile keeps the rest.</Text>
      <TextInput label="First name" {...form.form.getInputProps('first_name')} />
      <TextInput label="Last name" {...form.form.getInputProps('last_name')} />
      <TextInput label="E-mail" {...form.form.getInputProps('email')} />
      <MultiSelect label="Fields that move to the new profile" searchable data={movable.map((f) => ({ value: f.name, label: `${fieldLabel(f)}: ${valueText(profile[f.name]) ?? ''}`.slice(0, 80) }))} {...form.form.getInputProps('fields')} />
      <MultiSelect label="Subscriptions that move" data={(consent.data?.items ?? []).map((s) => ({ value: String(s.id), label: `${s.contact} (${s.channel}, ${s.status})` }))} {...form.form.getInputProps('subscriptions')} />
      <Checkbox label="Copy the history too" {...form.form.getInputProps('history', { type: 'checkbox' })} />
      <Checkbox label="Let them enter this profile's static segments" {...form.form.getInputProps('static_segments', { type: 'checkbox' })} />
    </AppForm>
  );
}
