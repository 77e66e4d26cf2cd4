import { Select, Stack, Text, Textarea } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, formatCount, useAppForm } from '@/kit';
import type { Program } from '../programs/model';

interface Values extends Record<string, unknown> { matching: string; keys: string }

const ways = [{ value: 'email', label: 'E-mail addresses' }, { value: 'phone', label: 'Phone numbers' }, { value: 'external_id', label: 'External ids' }, { value: 'id', label: 'Profile ids' }];
const listed = (text: string) => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];

/** People of the database become members, named by what is known of them. */
export function AddMembers({ program, onClose }: { program: Program; onClose: () => void }) {
  const form = useAppForm<Values>({
    initialValues: { matching: 'email', keys: '' },
    check: (v) => ({ keys: listed(v.keys).length === 0 ? 'Name at least one person' : v.matching === 'id' && listed(v.keys).some((k) => !/^\d+$/.test(k)) ? 'Profile ids are numbers' : null }),
  });
  const f = form.form;
  const save = useAction({
    refresh: [['members'], ['programs']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/members', {
      params: { path: { program_id: program.id } }, headers, body: v.matching === 'id' ? { profile_ids: listed(v.keys).map(Number) } : { matching: v.matching, keys: listed(v.keys) },
    })),
    onDone: ({ joined, already, unknown }) => {
      doneToast(`${formatCount(joined, 'person', 'people')} joined${already > 0 ? `, ${already} were members already` : ''}${unknown.length > 0 ? `; not in the database: ${unknown.slice(0, 3).join(', ')}${unknown.length > 3 ? ' …' : ''}` : ''}`);
      onClose();
    },
  });
  return (
    <AppForm state={form} mode="create" saveLabel="Add members" onCancel={onClose} onSave={(v) => save.mutateAsync(v)}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">They must be in {program.database_name} already. Who joins gets what members begin with.</Text>
        <Select label="By their" allowDeselect={false} data={ways} {...f.getInputProps('matching')} />
        <Textarea label="People" description="One a line, or with commas between them" autosize minRows={4} maxRows={16} {...f.getInputProps('keys')} />
      </Stack>
    </AppForm>
  );
}
