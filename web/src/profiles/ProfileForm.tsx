import { Stack } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, Section, useAppForm } from '@/kit';
import { FieldInput } from './FieldInput';
import { fieldLabel, type Database, type Field, type Profile } from './model';
import { empty, fromForm, toForm, type FormValue } from './values';

type Values = Record<string, FormValue>;
const first = ['email', 'phones', 'external_id', 'first_name', 'last_name'];

function check(fields: readonly Field[]) {
  return (values: Values) => Object.fromEntries(fields.map((field) => {
    const value = values[field.name] ?? null;
    if (field.required && empty(value)) return [field.name, `Enter ${fieldLabel(field)}`];
    try { fromForm(field, value); } catch (error) { return [field.name, error instanceof Error ? error.message : 'This cannot be stored']; }
    return [field.name, null];
  }));
}

/** Adds a profile, or changes one: only what was touched is sent. */
export function ProfileForm({ database, profile, onSaved, onCancel }: { database: Database; profile?: Profile; onSaved: (id: number) => void; onCancel?: () => void }) {
  const fields = database.fields.filter((f) => !f.read_only);
  const initialValues: Values = Object.fromEntries(fields.map((f) => [f.name, toForm(f, profile?.[f.name] ?? (profile ? null : f.name === 'status' ? 'subscribed' : null))]));
  const paths = Object.fromEntries(fields.map((f) => [`set.${f.name}`, f.name]));
  const state = useAppForm<Values>({ initialValues, check: check(fields), paths });
  const save = useAction({
    refresh: [['profiles'], ['databases']],
    run: async (values: Values, { headers }): Promise<number> => {
      if (profile) {
        const changed = fields.filter((f) => JSON.stringify(values[f.name] ?? null) !== JSON.stringify(initialValues[f.name] ?? null));
        const set = Object.fromEntries(changed.filter((f) => !empty(values[f.name] ?? null)).map((f) => [f.name, fromForm(f, values[f.name] ?? null)]));
        const unset = changed.filter((f) => empty(values[f.name] ?? null)).map((f) => f.name);
        await ok(api.PATCH('/api/v1/databases/{database_id}/profiles/{profile_id}', { params: { path: { database_id: database.id, profile_id: profile.id } }, body: { set, unset, ...(typeof profile.version === 'number' ? { version: profile.version } : {}) } }));
        return profile.id;
      }
      const body = Object.fromEntries(fields.filter((f) => !empty(values[f.name] ?? null)).map((f) => [f.name, fromForm(f, values[f.name] ?? null)]));
      const made = await ok(api.POST('/api/v1/databases/{database_id}/profiles', { params: { path: { database_id: database.id } }, body, headers })) as Profile;
      return made.id;
    },
  });
  const control = (field: Field) => (
    <FieldInput key={field.name} field={field} value={state.form.values[field.name] ?? null} error={state.form.errors[field.name]}
      onChange={(value) => { state.form.setFieldValue(field.name, value); }} />
  );
  const rank = (name: string) => { const at = first.indexOf(name); return at < 0 ? first.length : at; };
  const common = fields.filter((f) => f.builtin).sort((a, b) => rank(a.name) - rank(b.name));
  const own = fields.filter((f) => !f.builtin);
  return (
    <AppForm state={state} mode={profile ? 'edit' : 'create'} guard={Boolean(profile)} saveLabel={profile ? 'Save profile' : 'Add profile'} onSave={async (values) => { onSaved(await save.mutateAsync(values)); }} {...(onCancel ? { onCancel } : {})}>
      {own.length > 0 && <Section title="Own fields"><Stack gap="sm">{own.map(control)}</Stack></Section>}
      <Section title="Common fields"><Stack gap="sm">{common.map(control)}</Stack></Section>
    </AppForm>
  );
}
