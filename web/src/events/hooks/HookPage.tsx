import { Alert, MultiSelect, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { AppForm, confirmTyped, doneToast, failToast, FigureTile, FigureTiles, formatCount, formatNumber, Loaded, named, Page, paths, SideDrawer, StateBadge, Time, undoToast, useAppForm, useDrawer, useGo, useIdParam, type Crumb, type PageAction } from '@/kit';
import { Deliveries } from './Deliveries';
import { HookForm } from './HookForm';
import { pausedWords, refresh, standing, typesWords, useHook, type Hook } from './model';
import { NewSecret } from './NewSecret';

const local = (at: Date) => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function ReplayForm({ hook, onDone }: { hook: Hook; onDone: () => void }) {
  const form = useAppForm({
    initialValues: { from: local(new Date(Date.now() - 86_400_000)), to: local(new Date()), types: [] as string[] },
    check: (v) => ({ from: v.from ? null : 'Enter when it starts', to: v.to && v.to > v.from ? null : 'Enter an end after the start' }),
  });
  const start = useAction({ refresh: [...refresh, ['jobs']], run: (v: { from: string; to: string; types: string[] }, { headers }) => ok(api.POST('/api/v1/hooks/{hook_id}/replay', { params: { path: { hook_id: hook.id } }, body: { from: new Date(v.from).toISOString(), to: new Date(v.to).toISOString(), types: v.types }, headers })) });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Replay period" onCancel={onDone} onSave={async (v) => { await start.mutateAsync(v); doneToast('The replay has begun; it stands among the jobs'); onDone(); }}>
      <Text size="sm">What happened in this time is sent again from the history, with the same event ids, marked as a replay. New events go before it.</Text>
      <TextInput label="From" type="datetime-local" description="In your own time zone" {...form.form.getInputProps('from')} />
      <TextInput label="To" type="datetime-local" {...form.form.getInputProps('to')} />
      {hook.types.length > 1 && <MultiSelect label="Types" description="Empty: all that the hook gets" data={hook.types} clearable {...form.form.getInputProps('types')} />}
    </AppForm>
  );
}

function RotateForm({ hook, onMade, onCancel }: { hook: Hook; onMade: (made: components['schemas']['HookSecret']) => void; onCancel: () => void }) {
  const form = useAppForm<{ hours: number | string }>({ initialValues: { hours: 24 }, check: (v) => ({ hours: v.hours !== '' && Number(v.hours) >= 0 && Number(v.hours) <= 168 ? null : 'Enter 0 to 168 hours' }), paths: { overlap_hours: 'hours' } });
  const rotate = useAction({ refresh, run: (v: { hours: number | string }, { headers }) => ok(api.POST('/api/v1/hooks/{hook_id}/rotate', { params: { path: { hook_id: hook.id } }, body: { overlap_hours: Number(v.hours) }, headers })) });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make new secret" onCancel={onCancel} onSave={async (v) => { onMade(await rotate.mutateAsync(v)); }}>
      <Text size="sm">Requests are signed with both secrets for a while, so that the receiver can change over without missing one.</Text>
      <NumberInput label="The present secret holds for" suffix=" hours" min={0} max={168} {...form.form.getInputProps('hours')} />
    </AppForm>
  );
}

function useHookActions(hook: Hook | undefined, open: (what: string) => void): { primary?: PageAction; secondary?: PageAction[]; menu?: PageAction[] } {
  const can = { run: useCan('hooks:run'), change: useCan('hooks:update'), remove: useCan('hooks:delete') };
  const go = useGo();
  const path = { params: { path: { hook_id: hook?.id ?? 0 } } };
  const test = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/hooks/{hook_id}/test', { ...path, headers })) });
  const turn = useAction({ refresh, run: (on: boolean, { headers }) => ok(on ? api.POST('/api/v1/hooks/{hook_id}/resume', { ...path, headers }) : api.POST('/api/v1/hooks/{hook_id}/pause', { ...path, headers })) });
  const drop = useAction({ refresh, run: () => ok(api.DELETE('/api/v1/hooks/{hook_id}', path)) });
  if (!hook) return {};
  const tried = (d: components['schemas']['HookDelivery']) => {
    if (d.state === 'delivered') doneToast(`The receiver took the test event (${d.status})`);
    else failToast(new Error(d.error ?? 'The receiver did not take the test event'));
  };
  const remove = async () => {
    const waits = hook.waiting > 0 ? `${formatCount(hook.waiting, 'event that waits', 'events that wait')} for it ${hook.waiting === 1 ? 'is' : 'are'} lost, and so` : 'Nothing waits for it;';
    const yes = await confirmTyped({ title: `Delete ${hook.name}?`, body: `${waits} is the log of its deliveries.`, action: 'Delete hook', keep: 'Keep it', name: hook.name });
    if (yes) drop.mutate(undefined, { onSuccess: () => { doneToast(`${hook.name} deleted`); go(paths.settings('hooks')); }, onError: failToast });
  };
  const pause = { label: 'Pause', onClick: () => { turn.mutate(false, { onSuccess: () => { undoToast(`${hook.name} paused`, () => turn.mutateAsync(true)); }, onError: failToast }); } };
  const resume = { label: 'Let it go on', onClick: () => { turn.mutate(true, { onSuccess: () => { doneToast(`${hook.name} sends again`); }, onError: failToast }); } };
  const send = { label: 'Send test event', disabled: test.isPending, onClick: () => { test.mutate(null, { onSuccess: tried, onError: failToast }); } };
  const first = [...(can.change && !hook.active ? [resume] : []), ...(can.run ? [send] : []), ...(can.change && hook.active ? [pause] : [])];
  return {
    ...(first[0] ? { primary: first[0] } : {}), secondary: first.slice(1),
    menu: [
      ...(can.run ? [{ label: 'Replay a period…', disabled: !hook.active, onClick: () => { open('replay'); } }] : []),
      ...(can.change ? [{ label: 'New secret…', onClick: () => { open('rotate'); } }] : []),
      ...(can.remove ? [{ label: 'Delete…', danger: true, onClick: () => void remove() }] : []),
    ],
  };
}

function Standing({ hook }: { hook: Hook }) {
  if (hook.paused_by) return <Alert color={hook.paused_by === 'person' ? 'marigold' : 'clay'} title={hook.paused_by === 'person' ? 'Nothing is sent' : 'It was switched off'}>{pausedWords[hook.paused_by]} {hook.trouble && hook.paused_by === 'failing' ? `${hook.trouble}. ` : ''}What happens is kept for 7 days, 500,000 events at most, and sent when it goes on.</Alert>;
  if (hook.attempts > 0) return <Alert color="clay" title={hook.attempts === 1 ? 'The last try failed' : `The last ${formatNumber(hook.attempts)} tries failed`}>{hook.trouble}. Next try <Time value={hook.next_at} />; after 24 hours it is switched off.</Alert>;
  return null;
}

/** One hook: how its receiver does, what was sent, its settings. */
export function HookPageBody({ crumbs }: { crumbs: readonly Crumb[] }) {
  const id = useIdParam('hookId');
  const query = useHook(id);
  const hook = query.data;
  const drawer = useDrawer('hook');
  const [made, setMade] = useState<components['schemas']['HookSecret'] | null>(null);
  const actions = useHookActions(hook, drawer.open);
  const can = useCan('hooks:update');
  const close = () => { setMade(null); drawer.close(); };
  const look = hook && standing(hook);
  return (
    <Page title={named(query, (found) => found.name, 'Hook')} crumbs={[...crumbs, { label: 'Hooks', href: paths.settings('hooks') }]} {...actions} badges={look && <StateBadge state={look.state} label={look.label} />}
      facts={hook ? [<span key="u" style={{ overflowWrap: 'anywhere' }}>{hook.url}</span>, typesWords(hook)] : []} help={{ text: 'Deliveries of the last 7 days stand here with what was sent and answered. Requests are signed by the Standard Webhooks scheme.', guide: 'hooks' }}
      tabs={hook ? [
        {
          value: 'deliveries', label: 'Deliveries', render: () => (
            <Stack gap="md">
              <Standing hook={hook} />
              <FigureTiles cols={3}>
                <FigureTile label="Events waiting" value={formatNumber(hook.waiting)} note={hook.oldest_at ? <>the oldest <Time value={hook.oldest_at} /></> : 'nothing waits'} />
                <FigureTile label="Events delivered" value={formatNumber(hook.delivered_events)} note={hook.delivered_at ? <>last <Time value={hook.delivered_at} /></> : 'none yet'} />
                <FigureTile label="Events dropped" value={formatNumber(hook.dropped_events)} note="too old, too many, or given up" />
              </FigureTiles>
              <Deliveries hook={hook} />
            </Stack>
          ),
        },
        ...(can ? [{ value: 'settings', label: 'Settings', render: () => <div style={{ maxWidth: 880 }}><HookForm key={hook.id} hook={hook} onSaved={(saved) => { doneToast(`${saved.name} saved`); }} /></div> }] : []),
      ] : []}>
      {!hook && <Loaded query={query} what="the hook">{() => null}</Loaded>}
      <SideDrawer name="hook" title={drawer.value === 'replay' ? 'Replay a period' : drawer.value === 'secret' ? 'The new secret' : 'New secret'}>
        {(what) => (!hook ? null : what === 'replay' ? <ReplayForm hook={hook} onDone={close} />
          : what === 'secret' ? (made ? <NewSecret made={made} onStored={close} /> : <Text c="dimmed">The secret was shown once and is gone from this page.</Text>)
            : <RotateForm hook={hook} onCancel={close} onMade={(found) => { setMade(found); drawer.open('secret'); }} />)}
      </SideDrawer>
    </Page>
  );
}
