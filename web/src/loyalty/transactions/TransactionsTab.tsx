import { Button, Group } from '@mantine/core';
import { IconArrowsExchange, IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { doneToast, failToast, FirstUse, JobProgress, ListView, PointsText, SideDrawer, Time, ToneBadge, useDrawer, useListState, type Column } from '@/kit';
import { usePoints, type PointType, type Program } from '../programs/model';
import { firstDay, periods, sourceOf, states, types, typeWords, whoOf, type Transaction } from './model';
import { TransactionPanel } from './TransactionPanel';

type Job = { id: string; done: string | null };

const columnsOf = (kinds: readonly PointType[]): Column<Transaction>[] => [
  { key: 'type', header: 'What', priority: 1, width: 110, cell: (t) => typeWords(t.type) },
  { key: 'member', header: 'Member', cell: whoOf },
  { key: 'change', header: 'Change', align: 'right', priority: 1, cell: (t) => <PointsText amount={t.change} /> },
  ...(kinds.length > 1 ? [{ key: 'points', header: 'Points', priority: 2, cell: (t) => t.points_name } satisfies Column<Transaction>] : []),
  { key: 'balance_after', header: 'Balance after', align: 'right', priority: 2, cell: (t) => <PointsText amount={t.balance_after} /> },
  { key: 'state', header: 'State', priority: 2, cell: (t) => <TransactionState state={t.state} /> },
  { key: 'source', header: 'From', priority: 3, cell: sourceOf },
  { key: 'by', header: 'By', priority: 3, cell: (t) => t.by },
  { key: 'at', header: 'When', priority: 2, cell: (t) => <Time value={t.at} /> },
];

export function TransactionState({ state }: { state: Transaction['state'] }) {
  const found = states.find((one) => one.value === state);
  return <ToneBadge tone={found?.tone ?? 'gray'}>{found?.label ?? state}</ToneBadge>;
}

/** The ledger of a program, row by row; each opens beside the page. Nothing in it can be changed. */
export function TransactionsTab({ program }: { program: Program }) {
  const state = useListState();
  const kinds = usePoints(program.id).data ?? [];
  const one = useDrawer('transaction');
  const [job, setJob] = useState<Job | null>(null);
  const { type, state: where, points, days, q } = state.params;
  const from = firstDay(days);
  const wanted = {
    ...(q ? { q } : {}), ...(type ? { type: type as Transaction['type'] } : {}), ...(where ? { state: where as Transaction['state'] } : {}), ...(points ? { points } : {}), ...(from ? { from } : {}),
  };
  const query = useList<Transaction>(['transactions', program.id, 'list', wanted], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/transactions', {
    params: { path: { program_id: program.id }, query: { ...wanted, limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const exported = useAction({
    run: (_: null, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/transactions/export', { params: { path: { program_id: program.id }, query: wanted }, headers })),
    onDone: (reply) => { setJob({ id: reply.job.id, done: null }); },
  });
  return (
    <>
      <Group justify="flex-end" mb="xs" gap="sm">
        {job?.done && <Button component="a" href={job.done} download size="compact-sm" variant="default" leftSection={<IconDownload size={14} />}>Download the file</Button>}
        <Button size="compact-sm" variant="default" loading={exported.isPending} onClick={() => { exported.mutate(null, { onError: failToast }); }}>Export as CSV</Button>
      </Group>
      {job && !job.done && <JobProgress id={job.id} onEnd={(ended) => {
        const url = ended.result?.url;
        if (typeof url === 'string') { setJob({ id: ended.id, done: url }); doneToast('The file is ready'); } else setJob(null);
      }} />}
      <ListView<Transaction> name="transactions" query={query} state={state} columns={columnsOf(kinds)} rowKey={(t) => t.id} rowLabel={(t) => `${typeWords(t.type)}, ${whoOf(t)}`} onPreview={(t) => { one.open(t.id); }}
        noun={{ one: 'transaction', many: 'transactions' }} searchLabel="Search a reference or an order, exactly"
        filters={[
          { key: 'type', label: 'What', options: types }, { key: 'state', label: 'State', options: states.map(({ value, label }) => ({ value, label })) },
          ...(kinds.length > 1 ? [{ key: 'points', label: 'Points', options: kinds.map((kind) => ({ value: kind.key, label: kind.name })) }] : []),
          { key: 'days', label: 'When', options: periods },
        ]}
        empty={<FirstUse icon={IconArrowsExchange} title="No points have moved yet" text="Every accrual, redemption, hold and correction will stand here for good: who, when, why, before and after." />} />
      <SideDrawer name="transaction" size={720} title="Transaction">{(id) => <TransactionPanel program={program} id={id} />}</SideDrawer>
    </>
  );
}
