import { Checkbox, Fieldset, Group, MultiSelect, NumberInput, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';
import { keys, mostDays, mostMessages, type Limit, type LimitKey, type Policy } from './limits';

type Row = { on: boolean; most: number | string; days: number | string };
interface Values extends Record<string, unknown> { name: string; description: string; is_default: boolean; resource_ids: string[]; limits: Record<LimitKey, Row> }

const rowOf = (limit: Limit | undefined): Row => ({ on: limit !== undefined, most: limit?.most ?? 2, days: limit?.days ?? 7 });
const rowsOf = (limits: readonly Limit[]): Record<LimitKey, Row> => {
  const row = (per: LimitKey) => rowOf(limits.find((l) => l.per === per));
  return { profile: row('profile'), profile_resource: row('profile_resource'), profile_channel: row('profile_channel'), contact: row('contact') };
};
const limitsOf = (rows: Record<LimitKey, Row>): Limit[] => keys.filter(({ per }) => rows[per].on).map(({ per }) => ({ per, most: Number(rows[per].most), days: Number(rows[per].days) }));
const within = (value: number | string, most: number): boolean => Number.isInteger(Number(value)) && value !== '' && Number(value) >= 1 && Number(value) <= most;

function check(v: Values): Record<string, string | null> {
  const faults: Record<string, string | null> = { name: v.name.trim() ? null : 'Enter a name for the policy' };
  for (const { per } of keys) {
    if (!v.limits[per].on) continue;
    if (!within(v.limits[per].most, mostMessages)) faults[`limits.${per}.most`] = `Enter 1 to ${mostMessages} messages`;
    if (!within(v.limits[per].days, mostDays)) faults[`limits.${per}.days`] = `Enter 1 to ${mostDays} days`;
  }
  return faults;
}

/** Makes a frequency policy, or changes one. */
export function PolicyForm({ policy, onSaved, onCancel }: { policy?: Policy; onSaved: (name: string) => void; onCancel: () => void }) {
  const resources = useQuery({ queryKey: ['resources', 'all'], queryFn: ({ signal }) => ok(api.GET('/api/v1/resources', { params: { query: { limit: 1000 } }, signal })) });
  const form = useAppForm<Values>({
    initialValues: {
      name: policy?.name ?? '', description: policy?.description ?? '', is_default: policy?.is_default ?? false, resource_ids: (policy?.resource_ids ?? []).map(String),
      limits: rowsOf(policy?.limits ?? [{ per: 'profile', most: 2, days: 7 }]),
    },
    check,
  });
  const save = useAction({
    refresh: [['policies']],
    run: (v: Values, { headers }) => {
      const body = { name: v.name.trim(), description: v.description.trim(), is_default: v.is_default, resource_ids: v.resource_ids.map(Number), limits: limitsOf(v.limits) };
      return policy ? ok(api.PATCH('/api/v1/policies/{policy_id}', { params: { path: { policy_id: policy.id } }, body })) : ok(api.POST('/api/v1/policies', { body, headers }));
    },
  });
  const { form: f } = form;
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={policy ? 'Save policy' : 'Make policy'} onCancel={onCancel} onSave={async (v) => { onSaved((await save.mutateAsync(v)).name); }}>
      <TextInput label="Name" description="Such as Twice a week" {...f.getInputProps('name')} />
      <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
      <Fieldset legend="Limits" variant="unstyled">
        <Stack gap="md">
          {keys.map(({ per, label, help }) => (
            <Stack key={per} gap={6}>
              <Checkbox label={label} description={help} {...f.getInputProps(`limits.${per}.on`, { type: 'checkbox' })} />
              {f.values.limits[per].on && (
                <Group gap="sm" align="flex-start" wrap="nowrap" pl={32}>
                  <NumberInput label="Messages, at most" aria-label={`${label}: messages, at most`} min={1} max={mostMessages} w={136} {...f.getInputProps(`limits.${per}.most`)} />
                  <NumberInput label="Within days" aria-label={`${label}: within days`} min={1} max={mostDays} w={112} {...f.getInputProps(`limits.${per}.days`)} />
                </Group>
              )}
            </Stack>
          ))}
          {limitsOf(f.values.limits).length === 0 && <Text size="sm" c="dimmed">Without a limit the policy holds nobody back: choose it for mailings that everybody has to get, such as receipts.</Text>}
        </Stack>
      </Fieldset>
      <MultiSelect label="Resources" description="Their mailings follow this policy unless they name one of their own" searchable clearable data={(resources.data?.items ?? []).map((r) => ({ value: String(r.id), label: r.name }))} {...f.getInputProps('resource_ids')} />
      <Checkbox label="Use it for everything else" description="For mailings that name no policy and whose resource has none" {...f.getInputProps('is_default', { type: 'checkbox' })} />
    </AppForm>
  );
}
