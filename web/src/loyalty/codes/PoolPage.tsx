import { Alert, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconFileUpload, IconPlus, IconUserPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { Copyable, doneToast, failToast, JobProgress, Loaded, named, Page, PageTabs, paths, Section, SideDrawer, SumBar, Time, ToneBadge, undoToast, useDrawer, useGo, useIdParam, type PageTab } from '@/kit';
import { BatchesTab } from './BatchesTab';
import { CodePanel } from './CodePanel';
import { CodesTab } from './CodesTab';
import { AttachForm, ImportForm, MakeForm } from './fill';
import { HoldersTab } from './HoldersTab';
import { LogTab } from './LogTab';
import { kinds, partsOf, poolPath, refresh, usePool, variableOf, wordOf, ways, type Pool } from './model';
import { PoolForm } from './PoolForm';
import { PoolState } from './PoolListPage';

const inState = (pool: Pool) => (state: string) => `${paths.promoCodePool(pool.id)}?filter=${encodeURIComponent(JSON.stringify({ state: [state] }))}`;

function Stock({ pool }: { pool: Pool }) {
  const { figures } = pool;
  const people = pool.kind === 'universal';
  return (
    <Section title={people ? 'What became of its codes, by person' : 'What became of its codes'}>
      {figures.made === 0 ? <Text c="dimmed">There are no codes yet.</Text> : (
        <SumBar label={`Codes of ${pool.name}`} parts={partsOf(pool, inState(pool))} {...(people ? { total: `${figures.attached.toLocaleString()} people, ${figures.uses.toLocaleString()} uses${figures.left === null ? '' : `, ${figures.left.toLocaleString()} left`}` } : {})} />
      )}
      <Text size="sm" c="dimmed" component="div">Messages show one by <Copyable value={variableOf(pool)} /></Text>
    </Section>
  );
}

function Notes({ pool }: { pool: Pool }) {
  const client = useQueryClient();
  const { left } = pool.figures;
  if (!pool.open_batch && !pool.low && (!pool.closed || pool.archived_at)) return null;
  return (
    <Stack gap="sm" mb="md">
      {pool.open_batch?.job_id && <Section title={pool.open_batch.way === 'file' ? 'Codes are being read' : 'Codes are being made'}><JobProgress id={pool.open_batch.job_id} onEnd={() => { void client.invalidateQueries({ queryKey: ['promo-codes'] }); }} /></Section>}
      {pool.closed && !pool.archived_at && <Alert color="marigold">{pool.closed}. Codes that people have can still be used.</Alert>}
      {pool.low && !pool.open_batch && <Alert color={left ? 'marigold' : 'clay'} title={left ? 'The pool runs dry' : 'The pool is empty'}>Who gets a mailing with a code of it gets no message once it is empty{pool.way === 'template' && pool.mailings_create ? ', but mailings may make codes here' : ''}.</Alert>}
    </Stack>
  );
}

function tabsOf(pool: Pool, can: { update: boolean; audit: boolean }, open: (code: string) => void): PageTab[] {
  return [
    { value: 'codes', label: 'Codes', count: pool.figures.made, render: () => <CodesTab pool={pool} onOpen={open} /> },
    ...(pool.kind === 'universal' ? [{ value: 'people', label: 'People', count: pool.figures.attached, render: () => <HoldersTab pool={pool} /> }] : []),
    { value: 'batches', label: 'Fillings', render: () => <BatchesTab pool={pool} /> },
    ...(can.update && !pool.archived_at ? [{ value: 'settings', label: 'Settings', render: () => <PoolForm key={pool.id} pool={pool} databaseId={pool.database_id} onSaved={() => { doneToast('Pool saved'); }} /> }] : []),
    ...(can.audit ? [{ value: 'log', label: 'Log', render: () => <LogTab pool={pool} /> }] : []),
  ];
}

/** A pool: its codes, who has them, how they came in, how it is set. */
export function PoolPage() {
  const id = useIdParam('poolId');
  const query = usePool(id);
  const pool = query.data;
  const databases = useDatabases() ?? [];
  const go = useGo();
  const can = { run: useCan('loyalty:run'), create: useCan('loyalty:create'), update: useCan('loyalty:update'), remove: useCan('loyalty:delete'), audit: useCan('audit:read') };
  const make = useDrawer('make'), bring = useDrawer('import'), give = useDrawer('give'), code = useDrawer('code');
  const restore = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/restore', { ...poolPath(id), headers })) });
  const archive = useAction({ refresh, run: () => ok(api.DELETE('/api/v1/promo-codes/pools/{pool_id}', poolPath(id))) });
  const clone = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/clone', { ...poolPath(id), body: {}, headers })), onDone: (made) => { go(paths.promoCodePool(made.id)); } });
  const works = pool !== undefined && pool.archived_at === null;
  const filling = { label: pool?.way === 'remote' ? 'Fetch codes' : 'Make codes', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { make.open('new'); } };
  const importing = { label: 'Import codes', icon: <IconFileUpload size={16} />, onClick: () => { bring.open('new'); } };
  const primary = !works || !can.run ? undefined : pool.way === 'file' ? importing : filling;
  const database = databases.length > 1 ? databases.find((d) => d.id === pool?.database_id)?.name : undefined;
  return (
    <Page title={named(query, (p) => p.name, 'Pool of promo codes')} crumbs={[{ label: 'Promo codes', href: paths.promoCodes() }]} primary={primary}
      badges={pool && <><PoolState pool={pool} /><ToneBadge tone="plum">{wordOf(kinds, pool.kind)}</ToneBadge></>}
      facts={pool ? [pool.way === 'template' ? <Text key="p" span inherit ff="monospace">{pool.pattern}</Text> : wordOf(ways, pool.way).toLowerCase(), pool.valid_until && <>given until <Time key="u" value={pool.valid_until} /></>, database] : []}
      secondary={works && can.run ? [...(pool.way === 'file' ? [] : [importing]), { label: 'Give a code', icon: <IconUserPlus size={16} />, onClick: () => { give.open('new'); } }] : []}
      menu={pool ? [
        { label: 'Download codes (CSV)', href: `/api/v1/promo-codes/pools/${pool.id}/codes/export` },
        ...(can.create ? [{ label: 'Clone', onClick: () => { clone.mutate(null, { onError: failToast }); } }] : []),
        ...(can.remove && pool.archived_at ? [{ label: 'Restore', onClick: () => { restore.mutate(null, { onSuccess: () => { doneToast(`${pool.name} is back`); }, onError: failToast }); } }] : []),
        ...(can.remove && !pool.archived_at ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(undefined, { onSuccess: () => { undoToast(`${pool.name} archived: none of its codes can be used meanwhile`, () => restore.mutateAsync(null)); }, onError: failToast }); } }] : []),
      ] : []}
      help={{ text: 'The bar says what became of the codes. Who gets a message with a code gets one of their own; an order that uses it makes it used, a cancelled one gives it back.', guide: 'promo-codes', api: '/promo-codes/pools' }}>
      <Loaded query={query} what="the pool">
        {(found) => (
          <>
            <Notes pool={found} />
            <Stock pool={found} />
            <PageTabs tabs={tabsOf(found, can, (text) => { code.open(text); })} />
          </>
        )}
      </Loaded>
      <SideDrawer name="make" right="loyalty:run" title={filling.label}>{() => pool && <MakeForm pool={pool} onClose={make.close} />}</SideDrawer>
      <SideDrawer name="import" right="loyalty:run" title="Import codes">{() => pool && <ImportForm pool={pool} onClose={bring.close} />}</SideDrawer>
      <SideDrawer name="give" right="loyalty:run" title="Give somebody a code">{() => pool && <AttachForm pool={pool} onClose={give.close} />}</SideDrawer>
      <SideDrawer name="code" title="Promo code">{(text) => pool && <CodePanel pool={pool} code={text} />}</SideDrawer>
    </Page>
  );
}
