import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { AllDone, CodeEditor, confirmConsequence, Copyable, Details, doneToast, failToast, formatCount, formatDuration, formatNumber, ListView, Loaded, Num, SideDrawer, StateBadge, Time, useDrawer, useListState, type Column } from '@/kit';
import { kindWords, refresh, stateLook, stateWords, type Delivery, type Hook } from './model';

const columns: Column<Delivery>[] = [
  { key: 'at', header: 'Sent', sort: 'id', cell: (d) => <Time value={d.tried_at ?? d.created_at} mode="absolute" seconds /> },
  { key: 'state', header: 'Result', priority: 1, cell: (d) => <StateBadge state={stateLook[d.state]} label={stateWords[d.state]} size="sm" /> },
  { key: 'rows', header: 'Events', sort: 'rows', align: 'right', priority: 2, cell: (d) => <Num value={d.rows} /> },
  { key: 'kind', header: 'Why', priority: 3, cell: (d) => kindWords[d.kind] },
  { key: 'status', header: 'Status', align: 'right', priority: 2, cell: (d) => d.status ?? '–' },
  { key: 'duration', header: 'Took', sort: 'duration_ms', align: 'right', priority: 3, cell: (d) => formatDuration(d.duration_ms) },
  { key: 'attempts', header: 'Tries', align: 'right', priority: 3, cell: (d) => <Num value={d.attempts} /> },
  { key: 'error', header: 'What went wrong', priority: 2, cell: (d) => (d.error && d.state !== 'delivered' ? <Text span size="sm" c="error" style={{ overflowWrap: 'anywhere' }}>{d.error}</Text> : null) },
];

const pretty = (body: string): string => { try { return JSON.stringify(JSON.parse(body), null, 2); } catch { return body; } };

function Acts({ delivery, onDone }: { delivery: components['schemas']['HookDeliveryDetail']; onDone: () => void }) {
  const can = { again: useCan('hooks:run'), skip: useCan('hooks:update') };
  const path = { params: { path: { hook_id: delivery.hook_id, delivery_id: delivery.id } } };
  const again = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/hooks/{hook_id}/deliveries/{delivery_id}/replay', { ...path, headers })) });
  const skip = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/hooks/{hook_id}/deliveries/{delivery_id}/skip', { ...path, headers })) });
  const giveUp = async () => {
    const yes = await confirmConsequence({ title: `Give up ${formatCount(delivery.rows, 'event', 'events')}?`, body: 'The receiver never gets them, unless you replay the period. What waits behind them is sent.', action: 'Give them up', keep: 'Keep trying', danger: true });
    if (yes) skip.mutate(null, { onSuccess: () => { doneToast('Given up'); onDone(); }, onError: failToast });
  };
  return (
    <Group gap="sm">
      {can.again && delivery.state !== 'waiting' && delivery.body !== null && delivery.rows > 0 && delivery.kind !== 'test' && <Button variant="default" loading={again.isPending} onClick={() => { again.mutate(null, { onSuccess: () => { doneToast('It is sent again'); onDone(); }, onError: failToast }); }}>Send again</Button>}
      {can.skip && delivery.state === 'waiting' && delivery.attempts > 0 && <Button variant="default" color="clay" loading={skip.isPending} onClick={() => void giveUp()}>Give it up…</Button>}
    </Group>
  );
}

/** One delivery: what was sent, and what came back. */
function DeliveryView({ hookId, id, onDone }: { hookId: number; id: number; onDone: () => void }) {
  const query = useQuery({ queryKey: ['hooks', hookId, 'deliveries', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/hooks/{hook_id}/deliveries/{delivery_id}', { params: { path: { hook_id: hookId, delivery_id: id } }, signal })) });
  return (
    <Loaded query={query} what="the delivery">
      {(d) => (
        <Stack gap="md">
          {d.error && d.state !== 'delivered' && <Alert color="clay" title={d.state === 'waiting' ? 'The last try failed' : 'It was not delivered'}>{d.error}</Alert>}
          <Details items={[
            ['Result', <StateBadge key="s" state={stateLook[d.state]} label={stateWords[d.state]} size="sm" />], ['Why it was sent', kindWords[d.kind]], ['Events', formatNumber(d.rows)], ['Tries', formatNumber(d.attempts)],
            ['Last try', <Time key="t" value={d.tried_at} mode="absolute" seconds none="none yet" />], ['Took', formatDuration(d.duration_ms)], ['Posted to', <Text key="u" span size="sm" style={{ overflowWrap: 'anywhere' }}>{d.url}</Text>],
            ['webhook-id', <Copyable key="i" value={d.message_id} label="Copy the id" />], ['Status', d.status ?? '–'],
          ]} />
          <Acts delivery={d} onDone={onDone} />
          <div><Text fw={550} mb={4}>Answer</Text>{d.response ? <Code block mah={200} style={{ overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} tabIndex={0}>{d.response}</Code> : <Text size="sm" c="dimmed">{d.status === null ? 'There was none.' : 'It had no body, or it is not kept any more.'}</Text>}</div>
          {d.body ? <CodeEditor label="Request" language="json" readOnly height={360} value={pretty(d.body)} /> : <Text size="sm" c="dimmed">{d.attempts === 0 ? 'Nothing was sent yet.' : 'What was sent is not kept any more.'}</Text>}
        </Stack>
      )}
    </Loaded>
  );
}

/** What was sent in the last days, and what waits. */
export function Deliveries({ hook }: { hook: Hook }) {
  const state = useListState({ defaultSort: '-id' });
  const drawer = useDrawer('delivery');
  const query = useList<Delivery>(['hooks', hook.id, 'deliveries', state.params, hook.waiting, hook.delivered_events], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/hooks/{hook_id}/deliveries', { params: { path: { hook_id: hook.id }, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const options = (words: Readonly<Record<string, string>>) => Object.entries(words).map(([value, label]) => ({ value, label }));
  return (
    <>
      <ListView<Delivery> name="hook.deliveries" query={query} state={state} columns={columns} rowKey={(d) => d.id} rowLabel={(d) => `Delivery ${d.id}`} onPreview={(d) => { drawer.open(d.id); }} noun={{ one: 'delivery', many: 'deliveries' }}
        searchLabel="Search id, answer or fault" filters={[{ key: 'state', label: 'Result', options: options(stateWords) }, { key: 'kind', label: 'Why', options: options(kindWords) }]}
        empty={<AllDone>Nothing was sent yet. Events go out as they happen; a test event shows at once whether the receiver takes them.</AllDone>} />
      <SideDrawer name="delivery" size={720} title="Delivery">{(id) => <DeliveryView hookId={hook.id} id={Number(id)} onDone={drawer.close} />}</SideDrawer>
    </>
  );
}
