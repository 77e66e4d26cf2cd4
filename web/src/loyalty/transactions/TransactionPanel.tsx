import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Copyable, Details, doneToast, failToast, Loaded, paths, PointsText, Section, SmallTable, Time, type Column } from '@/kit';
import type { Program } from '../programs/model';
import { AdjustPoints } from './AdjustPoints';
import { refresh, sourceOf, typeWords, useTransaction, whoOf, type Transaction, type TransactionDetail } from './model';
import { TransactionState } from './TransactionsTab';

type Part = TransactionDetail['used'][number];
type How = 'commit' | 'rollback' | 'cancel';

const chain: Column<Transaction>[] = [
  { key: 'type', header: 'What', cell: (t) => typeWords(t.type) },
  { key: 'change', header: 'Change', align: 'right', priority: 1, cell: (t) => <PointsText amount={t.change} /> },
  { key: 'balance', header: 'Balance', align: 'right', priority: 2, cell: (t) => <PointsText amount={t.balance_after} /> },
  { key: 'by', header: 'By', priority: 2, cell: (t) => (t.reason ? `${t.by}: ${t.reason}` : t.by) },
  { key: 'at', header: 'When', priority: 2, cell: (t) => <Time value={t.at} mode="absolute" /> },
];
const special = (p: Part): boolean => p.repays || p.amount.startsWith('-');
const usedColumns = (parts: readonly Part[]): Column<Part>[] => [
  { key: 'came', header: 'Came in', cell: (p) => <Time value={p.lot.active_from} mode="absolute" /> },
  { key: 'amount', header: 'Taken out', align: 'right', priority: 1, cell: (p) => <PointsText amount={p.amount} /> },
  ...(parts.some(special) ? [{ key: 'why', header: 'For', priority: 2, cell: (p) => (p.repays ? 'what was owed' : p.amount.startsWith('-') ? 'put back' : 'this') } satisfies Column<Part>] : []),
  { key: 'left', header: 'Left in it now', align: 'right', priority: 2, cell: (p) => <PointsText amount={p.lot.remaining} /> },
  { key: 'lapse', header: 'Lapses', priority: 2, cell: (p) => <Time value={p.lot.expires_at} mode="absolute" none="never" /> },
];

const moving = ['accrual', 'initial', 'redeem', 'adjust', 'reset'];
const cancelWords: Readonly<Record<string, string>> = {
  redeem: 'What was spent goes back to where it came from and lapses when it would have. Points that have lapsed meanwhile come back lapsed.',
  accrual: 'The points are taken back. What has been spent of them follows the program’s rule: owed, or let go.',
};

function Endings({ program, row, onDone }: { program: Program; row: Transaction; onDone: () => void }) {
  const path = { params: { path: { program_id: program.id, transaction_id: row.id } } };
  const end = useAction({
    refresh,
    run: (how: How, { headers }) => ok(how === 'commit' ? api.POST('/api/v1/loyalty/programs/{program_id}/transactions/{transaction_id}/commit', { ...path, body: {}, headers })
      : how === 'rollback' ? api.POST('/api/v1/loyalty/programs/{program_id}/transactions/{transaction_id}/rollback', { ...path, body: {}, headers })
        : api.POST('/api/v1/loyalty/programs/{program_id}/transactions/{transaction_id}/cancel', { ...path, body: {}, headers })),
    onDone: () => { doneToast('Written to the ledger'); onDone(); },
  });
  const cancel = async () => {
    const sure = await confirmConsequence({ title: `Cancel this: ${typeWords(row.type).toLowerCase()} ${row.amount}?`, body: cancelWords[row.type] ?? 'It is undone by a row of its own; this one stays.', action: 'Cancel the transaction', keep: 'Keep it' });
    if (sure) end.mutate('cancel', { onError: failToast });
  };
  if (row.state === 'held') {
    return (
      <>
        <Button size="compact-sm" loading={end.isPending} onClick={() => { end.mutate('commit', { onError: failToast }); }}>Commit the hold</Button>
        <Button size="compact-sm" variant="default" disabled={end.isPending} onClick={() => { end.mutate('rollback', { onError: failToast }); }}>Roll it back</Button>
      </>
    );
  }
  if (!moving.includes(row.type) || !['final', 'committed'].includes(row.state)) return null;
  return <Button size="compact-sm" variant="subtle" color="clay" loading={end.isPending} onClick={() => { cancel().catch(failToast); }}>Cancel it…</Button>;
}

/** One transaction: who, when, why, before and after, the lots it opened or used, and what belongs to it. */
export function TransactionPanel({ program, id }: { program: Program; id: string }) {
  const query = useTransaction(program.id, id);
  const [adjusting, setAdjusting] = useState(false);
  const canRun = useCan('loyalty:run'), canAdjust = useCan('loyalty:update') && program.state === 'active';
  return (
    <Loaded query={query} what="the transaction">
      {({ transaction: row, opened, used: parts, chain: steps }) => (
        <Stack gap="md">
          <Group justify="space-between">
            <Group gap="sm"><Text size="lg" fw={600} component="div">{typeWords(row.type)} <PointsText amount={row.change} /></Text><TransactionState state={row.state} /></Group>
            {row.profile_id > 0 && <AppLink href={paths.profile(program.database_id, row.profile_id)}>{whoOf(row)}</AppLink>}
          </Group>
          <Details items={[
            ['Points', row.points_name],
            ['Asked for', <PointsText amount={row.amount} />],
            ['Balance', <><PointsText amount={row.balance_before} /> → <PointsText amount={row.balance_after} /></>],
            ...(row.debt_change === '0' ? [] : [['Owed', <span className="fd-num">{row.debt_change.startsWith('-') ? row.debt_change : `+${row.debt_change}`}</span>] as const]),
            ['When', <Time value={row.at} mode="absolute" />],
            ['By', row.by],
            ...(row.reason ? [['Why', row.reason] as const] : []),
            ...(sourceOf(row) ? [['From', sourceOf(row)] as const] : []),
            ...(row.reference ? [['Reference', <Copyable value={row.reference} />] as const] : []),
            ...(row.hold_until ? [['On hold until', <Time value={row.hold_until} mode="absolute" />] as const] : []),
            ...(row.active_from ? [['Can be spent from', <Time value={row.active_from} mode="absolute" zone={program.timezone} showZone />] as const] : []),
            ...(row.active_from ? [['Lapses', <Time value={row.expires_at} mode="absolute" zone={program.timezone} showZone none="never" />] as const] : []),
            ...(opened ? [['Left of it now', <PointsText amount={opened.remaining} />] as const] : []),
          ]} />
          {adjusting ? <AdjustPoints program={program} profileId={row.profile_id} points={row.points} onClose={() => { setAdjusting(false); }} /> : (
            <Group gap="xs">
              {canRun && <Endings program={program} row={row} onDone={() => { void query.refetch(); }} />}
              {canAdjust && row.profile_id > 0 && <Button size="compact-sm" variant="default" onClick={() => { setAdjusting(true); }}>Adjust…</Button>}
            </Group>
          )}
          {parts.length > 0 && <Section title="Out of which points"><SmallTable<Part> label="Lots that were used" columns={usedColumns(parts)} rows={parts} rowKey={(p) => `${p.lot.id} ${String(p.repays)}`} /></Section>}
          {steps.length > 1 && <Section title="What belongs together"><SmallTable<Transaction> label="What belongs together" columns={chain} rows={steps} rowKey={(t) => t.id} /></Section>}
          <Section title="As the API gives it"><Code block tabIndex={0} role="region" aria-label="The transaction as JSON">{JSON.stringify(row, null, 2)}</Code></Section>
        </Stack>
      )}
    </Loaded>
  );
}
