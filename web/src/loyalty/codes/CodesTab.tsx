import { Text, UnstyledButton } from '@mantine/core';
import { IconTicket } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AppLink, FirstUse, ListView, NO_VALUE, Num, paths, Time, ToneBadge, useListState, type Column } from '@/kit';
import { codeStates, wordOf, type Code, type Pool } from './model';

const tones = { free: 'gray', attached: 'fjord', activated: 'plum', expired: 'marigold' } as const;

export function CodeState({ state }: { state: Code['state'] }) {
  return <ToneBadge tone={tones[state]}>{wordOf(codeStates, state)}</ToneBadge>;
}

/** The codes of a pool; each opens beside the page. */
export function CodesTab({ pool, onOpen }: { pool: Pool; onOpen: (code: string) => void }) {
  const state = useListState();
  const { state: where, ...params } = state.params;
  const query = useList<Code>(['promo-codes', pool.id, 'codes', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/promo-codes/pools/{pool_id}/codes', {
    params: { path: { pool_id: pool.id }, query: { ...params, ...(where ? { state: where as Code['state'] } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const personal = pool.kind === 'personal';
  const columns: Column<Code>[] = [
    { key: 'code', header: 'Code', cell: (c) => <UnstyledButton mih={24} aria-label={`Open the code ${c.code}`} onClick={() => { onOpen(c.code); }}><Text span size="sm" ff="monospace" td="underline" c="var(--mantine-color-anchor)">{c.code}</Text></UnstyledButton> },
    { key: 'state', header: 'State', priority: 1, cell: (c) => <CodeState state={c.state} /> },
    ...(personal ? [{ key: 'who', header: 'Person', priority: 2 as const, cell: (c: Code) => (c.profile_id === null ? (c.attached_at ? 'erased' : NO_VALUE) : <AppLink href={paths.profile(pool.database_id, c.profile_id)}><span className="fd-num">#{c.profile_id}</span></AppLink>) }] : []),
    { key: 'attached_at', header: 'Given', sort: 'attached_at', priority: 3, cell: (c) => <Time value={c.attached_at} /> },
    { key: 'activated_at', header: 'Used', sort: 'activated_at', priority: 3, cell: (c) => <Time value={c.activated_at} /> },
    { key: 'uses', header: 'Uses', align: 'right', priority: 3, hidden: personal, cell: (c) => <Num value={c.uses} /> },
    { key: 'expires_at', header: 'Expires', priority: 2, cell: (c) => <Time value={c.expires_at} none="never expires" /> },
    ...pool.fields.map((field) => ({ key: `extra.${field.key}`, header: field.name, priority: 3 as const, cell: (c: Code) => c.extra[field.key] ?? NO_VALUE })),
  ];
  return (
    <ListView<Code> name="promo-codes" query={query} state={state} columns={columns} rowKey={(c) => c.id} rowLabel={(c) => c.code} noun={{ one: 'code', many: 'codes' }} searchLabel="Search the beginning of a code"
      filters={[{ key: 'state', label: 'State', options: codeStates.filter((one) => personal || one.value !== 'attached') }]}
      empty={<FirstUse icon={IconTicket} title="No codes yet" text={pool.way === 'file' ? 'Import the list that your shop has made: a file with one code a line, or with a column named code.' : 'Say how many you want; a job makes them, and you can go on working meanwhile.'} />} />
  );
}
