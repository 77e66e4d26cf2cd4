import { Checkbox, Collapse, Fieldset, MultiSelect, Select, Stack, TextInput, Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, formatDay, useAppForm } from '@/kit';
import { useRoleChoices, useRoles } from './useRoles';

interface Values extends Record<string, unknown> { name: string; roles: string[]; rights: string[]; days: string | null }

const lives = [{ value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '365', label: 'a year' }, { value: 'never', label: 'until it is revoked' }];
const DAY = 86_400_000;
const endOf = (days: string | null) => (days === null || days === 'never' ? null : new Date(Date.now() + Number(days) * DAY).toISOString());

/** A new API token: rights by role, single rights, or both. */
export function TokenForm({ onMade, onCancel }: { onMade: (secret: string | null) => void; onCancel: () => void }) {
  const choices = useRoleChoices();
  const areas = useRoles().data;
  const [single, more] = useDisclosure(false);
  const form = useAppForm<Values>({
    initialValues: { name: '', roles: [], rights: [], days: '365' },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name, such as the program that will use it', roles: v.roles.length + v.rights.length > 0 ? null : 'Choose a role, or single rights below' }),
    paths: { expires_at: 'days' },
  });
  const make = useAction({
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/tokens', { body: { name: v.name.trim(), roles: v.roles, rights: v.rights, expires_at: endOf(v.days) }, headers })),
    refresh: [['tokens']],
  });
  const end = endOf(form.form.values.days);
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make token" onCancel={onCancel} onSave={async (v) => { onMade((await make.mutateAsync(v)).secret); }}>
      <TextInput label="Name" description="Which program uses it" autoComplete="off" data-autofocus {...form.form.getInputProps('name')} />
      <MultiSelect label="Roles" data={choices} {...form.form.getInputProps('roles')} />
      <Button variant="subtle" size="compact-sm" style={{ alignSelf: 'flex-start' }} aria-expanded={single} onClick={more.toggle}>{single ? 'Hide single rights' : 'Choose single rights'}</Button>
      <Collapse expanded={single}>
        <Checkbox.Group {...form.form.getInputProps('rights')}>
          <Stack gap="sm">
            {areas?.areas.map((area) => (
              <Fieldset key={area.name} legend={area.title} p="xs">
                <Stack gap={6}>{area.verbs.map((verb) => <Checkbox key={verb} size="xs" value={`${area.name}:${verb}`} label={areas.verbs[verb] ?? verb} />)}</Stack>
              </Fieldset>
            ))}
          </Stack>
        </Checkbox.Group>
      </Collapse>
      <Select label="Valid for" description={end ? `It ends on ${formatDay(end)}` : 'It does not end by itself'} data={lives} allowDeselect={false} {...form.form.getInputProps('days')} />
    </AppForm>
  );
}
