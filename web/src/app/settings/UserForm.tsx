import { MultiSelect, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { AppForm, useAppForm } from '@/kit';
import { useRoleChoices } from './useRoles';

export type User = components['schemas']['UserOut'];
interface Values extends Record<string, unknown> { email: string; name: string; roles: string[] }

const check = (v: Values) => ({
  email: /^\S+@\S+$/.test(v.email.trim()) ? null : 'Enter an e-mail address, like anna@example.com',
  roles: v.roles.length > 0 ? null : 'Choose at least one role',
});

/** Adds a user (the reply holds the generated password) or changes one. */
export function UserForm({ user, onSaved, onCancel }: { user?: User; onSaved: (password: string | null) => void; onCancel: () => void }) {
  const choices = useRoleChoices();
  const form = useAppForm<Values>({ initialValues: { email: user?.email ?? '', name: user?.name ?? '', roles: user?.roles ?? ['viewer'] }, check });
  const save = useAction({
    run: async (v: Values, { headers }): Promise<string | null> => {
      const body = { email: v.email.trim(), roles: v.roles, ...(v.name.trim() ? { name: v.name.trim() } : {}) };
      if (!user) return (await ok(api.POST('/api/v1/users', { body, headers }))).password;
      await ok(api.PATCH('/api/v1/users/{user_id}', { params: { path: { user_id: user.id } }, body }));
      return null;
    },
    refresh: [['users'], ['roles'], ['me']],
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={user ? 'Save user' : 'Add user'} onCancel={onCancel} onSave={async (v) => { onSaved(await save.mutateAsync(v)); }}>
      <TextInput label="E-mail" type="email" autoComplete="off" data-autofocus {...form.form.getInputProps('email')} />
      <TextInput label="Name" description="How colleagues see this person; the address when empty" autoComplete="off" {...form.form.getInputProps('name')} />
      <MultiSelect label="Roles" description="Several roles add up" data={choices.length > 0 ? choices : form.form.values.roles.map((value) => ({ value, label: '…' }))} {...form.form.getInputProps('roles')} />
    </AppForm>
  );
}
