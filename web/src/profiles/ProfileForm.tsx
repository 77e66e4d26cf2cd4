import { Stack } from '@mantine/core';
import { AppForm, Conflict, differencesOf, Section, useAppForm } from '@/kit';
import { FieldInput } from './FieldInput';
import { fieldLabel, type Database, type Field, type Profile } from './model';
import { saysNothing, useProfileSave, valuesOf, type Values } from './useProfileSave';
import { empty, fromForm } from './values';

const first = ['email', 'phones', 'external_id', 'first_name', 'last_name'];

function check(fields: readonly Field[], adding: boolean) {
  return (values: Values) => ({
    ...Object.fromEntries(fields.map((field) => {
      const value = values[field.name] ?? null;
      if (field.required && empty(value)) return [field.name, `Enter ${fieldLabel(field)}`];
      try { fromForm(field, value); } catch (error) { return [field.name, error instanceof Error ? error.message : 'This cannot be stored']; }
      return [field.name, null];
    })),
    ...(adding && saysNothing(fields, values) ? { '': 'Enter at least one thing about this person, such as an e-mail address, a phone or a name' } : {}),
  });
}

/** Adds a profile, or changes one: only what was touched is sent. */
export function ProfileForm({ database, profile, onSaved, onCancel }: { database: Database; profile?: Profile; onSaved: (id: number) => void; onCancel?: () => void }) {
  const fields = database.fields.filter((f) => !f.read_only);
  const paths = Object.fromEntries(fields.map((f) => [`set.${f.name}`, f.name]));
  const state = useAppForm<Values>({ initialValues: valuesOf(fields, profile), check: check(fields, !profile), paths });
  const saving = useProfileSave(database, fields, profile, state);
  const { clash } = saving;
  const onSave = async (values: Values) => { onSaved(await saving.save(values)); };
  const keep = async (theirs: Profile) => {
    saving.settle(theirs);
    if (await state.submit(async (values) => { onSaved(await saving.save(values, theirs)); })) state.form.resetDirty();
  };
  const control = (field: Field) => (
    <FieldInput key={field.name} field={field} value={state.form.values[field.name] ?? null} error={state.form.errors[field.name]}
      onChange={(value) => { state.form.setFieldValue(field.name, value); }} />
  );
  const rank = (name: string) => { const at = first.indexOf(name); return at < 0 ? first.length : at; };
  const common = fields.filter((f) => f.builtin).sort((a, b) => rank(a.name) - rank(b.name));
  const own = fields.filter((f) => !f.builtin);
  return (
    <AppForm state={state} mode={profile ? 'edit' : 'create'} guard={Boolean(profile)} saveLabel={profile ? 'Save profile' : 'Add profile'} onSave={onSave} {...(onCancel ? { onCancel } : {})}>
      {clash && (
        <Conflict words={clash.words} at={String(clash.theirs.updated_at)} differences={differencesOf(valuesOf(fields, clash.theirs), state.form.values, Object.fromEntries(fields.map((f) => [f.name, fieldLabel(f)])))}
          onTheirs={saving.take} onMine={() => void keep(clash.theirs)} onClose={saving.later} />
      )}
      {own.length > 0 && <Section title="Own fields"><Stack gap="sm">{own.map(control)}</Stack></Section>}
      <Section title="Common fields"><Stack gap="sm">{common.map(control)}</Stack></Section>
    </AppForm>
  );
}
