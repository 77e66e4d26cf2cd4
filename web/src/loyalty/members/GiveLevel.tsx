import { Select, Stack, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, useAppForm } from '@/kit';
import { useLevelGroups, type Program } from '../programs/model';

interface Values extends Record<string, unknown> { level: string | null; reason: string }

/** Puts a member on a level, up or down, with a reason. */
export function GiveLevel({ program, profileId, onClose }: { program: Program; profileId: number; onClose: () => void }) {
  const groups = useLevelGroups(program.id).data ?? [];
  const form = useAppForm<Values>({ initialValues: { level: null, reason: '' }, check: (v) => ({ level: v.level ? null : 'Choose a level', reason: v.reason.trim() ? null : 'Say why' }), paths: { level_id: 'level' } });
  const save = useAction({
    refresh: [['members'], ['programs']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/members/{profile_id}/level', { params: { path: { program_id: program.id, profile_id: profileId } }, body: { level_id: Number(v.level), reason: v.reason.trim() }, headers })),
    onDone: () => { doneToast('Level given'); onClose(); },
  });
  return (
    <AppForm state={form} mode="create" saveLabel="Give the level" onCancel={onClose} onSave={(v) => save.mutateAsync(v)}>
      <Stack gap="sm">
        <Select label="Level" description="Holds until the next review, whatever the points say" data={groups.flatMap((group) => group.levels.map((l) => ({ value: String(l.id), label: groups.length > 1 ? `${group.name}: ${l.name}` : l.name })))} {...form.form.getInputProps('level')} />
        <TextInput label="Why" description="Stands in the history of this member" {...form.form.getInputProps('reason')} />
      </Stack>
    </AppForm>
  );
}
