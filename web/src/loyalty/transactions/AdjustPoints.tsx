import { Select, Stack, Text, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, formatPoints, useAnnounceChange, useAppForm } from '@/kit';
import type { Program } from '../programs/model';
import { isBelowZero, plus, refresh, useBalance, type Balance } from './model';

interface Values extends Record<string, unknown> { points: string; change: string; reason: string }

/** What the balance becomes; said before anything is written. */
export function outcome(balance: Balance | undefined, change: string): { text: string; bad: boolean } | null {
  if (!balance || !change.trim()) return null;
  const left = plus(balance.active, change), total = plus(balance.total, change);
  if (left === null || total === null) return null;
  if (isBelowZero(change.trim().replace('−', '-')) && isBelowZero(left)) return { text: `Only ${formatPoints(balance.active)} can be taken away now`, bad: true };
  return { text: `Balance ${formatPoints(balance.total)} → ${formatPoints(total)}`, bad: false };
}

/** Corrects a member's points by hand, with a reason that stays in the ledger. */
export function AdjustPoints({ program, profileId, points, onClose }: { program: Program; profileId: number; points?: string; onClose: () => void }) {
  const balances = useBalance(program.id, profileId).data?.balances ?? [];
  const form = useAppForm<Values>({
    initialValues: { points: points ?? '', change: '', reason: '' },
    check: (v) => ({
      points: v.points || balances.length === 1 ? null : 'Choose the points',
      change: plus('0', v.change) === null || plus('0', v.change) === '0' ? 'Enter by how much, like 50 or -50' : null,
      reason: v.reason.trim() ? null : 'Say why',
    }),
  });
  const { points: chosen, change } = form.form.getValues();
  const key = chosen || balances[0]?.points || '';
  const becomes = outcome(balances.find((one) => one.points === key), change);
  useAnnounceChange(becomes?.text);
  const save = useAction({
    refresh,
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/members/{profile_id}/adjust', {
      params: { path: { program_id: program.id, profile_id: profileId } }, body: { points: key, change: v.change.trim().replace('−', '-').replace(/^\+/, ''), reason: v.reason.trim() }, headers,
    })),
    onDone: (reply) => { doneToast(`Corrected. The balance is ${formatPoints(reply.transaction.balance_after)} now.`); onClose(); },
  });
  return (
    <AppForm state={form} mode="create" saveLabel="Adjust points" onCancel={onClose} onSave={(v) => save.mutateAsync(v)}>
      <Stack gap="sm">
        {balances.length > 1 && <Select label="Points" allowDeselect={false} data={balances.map((one) => ({ value: one.points, label: one.name }))} {...form.form.getInputProps('points')} />}
        <TextInput label="Change" description="50 adds points, -50 takes them away" inputMode="decimal" autoComplete="off" {...form.form.getInputProps('change')} />
        <Text size="sm" mih="1.6em" {...(becomes?.bad ? { c: 'clay' } : {})}>{becomes?.text}</Text>
        <TextInput label="Why" description="Stays in the ledger and in the audit log" maxLength={1000} {...form.form.getInputProps('reason')} />
      </Stack>
    </AppForm>
  );
}
