import { IconCalendar, IconLayoutBoard, IconMail, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { useCampaignNames } from '@/campaigns/model';
import { doneToast, failToast, FirstUse, ListPage, MenuActions, Num, paths, SkeletonText, StateBadge, Time, undoToast, useGo, useListState, type Column } from '@/kit';
import { mailingKind, useMailingKinds } from './kinds';
import { useSegments, type Mailing } from './model';

const states = ['draft', 'scheduled', 'active', 'sending', 'paused', 'done', 'stopped', 'failed'].map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }));

/** The mailings of the database at hand. */
export function MailingListPage() {
  const state = useListState({ defaultSort: '-created_at' });
  const { archived, campaign, ...params } = state.params, old = archived === 'yes';
  const go = useGo();
  const id = useDatabase()?.id;
  const canCreate = useCan('mailings:create'), canDelete = useCan('mailings:delete');
  const segments = useSegments(id);
  const kinds = useMailingKinds() ?? [];
  const campaigns = useCampaignNames(id);
  const query = useList<Mailing>(['mailings', id, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/mailings', {
    params: { query: { ...params, ...(old ? { archived: true } : {}), ...(campaign ? { campaign: Number(campaign) } : {}), limit, ...(id ? { database: id } : {}), ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const path = (mailing: number) => ({ params: { path: { mailing_id: mailing } } });
  const clone = useAction({ refresh: [['mailings']], run: (m: number, { headers }) => ok(api.POST('/api/v1/mailings/{mailing_id}/clone', { ...path(m), body: {}, headers })), onDone: (made) => { go(paths.mailing(made.id)); } });
  const archive = useAction({ refresh: [['mailings']], run: (m: number) => ok(api.DELETE('/api/v1/mailings/{mailing_id}', path(m))) });
  const restore = useAction({ refresh: [['mailings']], run: (m: number, { headers }) => ok(api.POST('/api/v1/mailings/{mailing_id}/restore', { ...path(m), headers })) });
  const columns: Column<Mailing>[] = [
    { key: 'name', header: 'Mailing', sort: 'name', cell: (m) => m.name },
    { key: 'state', header: 'State', sort: 'state', cell: (m) => <StateBadge state={m.state} size="sm" />, priority: 1 },
    { key: 'type', header: 'Kind', sort: 'type', cell: (m) => mailingKind(m.type).label, priority: 3 },
    { key: 'audience', header: 'To', priority: 2, cell: (m) => (m.segment_id ? segments ? segments.find((s) => s.id === m.segment_id)?.name ?? `Segment ${m.segment_id}` : <SkeletonText /> : m.campaign_id === null ? 'the whole database' : 'the whole campaign') },
    ...(campaigns && campaigns.length > 0 ? [{ key: 'campaign', header: 'Campaign', priority: 3 as const, cell: (m: Mailing) => (m.campaign_id === null ? null : campaigns.find((c) => c.id === m.campaign_id)?.name ?? `Campaign ${m.campaign_id}`) }] : []),
    { key: 'people', header: 'People', sort: 'people', align: 'right', cell: (m) => <Num value={m.audience} />, priority: 3 },
    { key: 'when', header: 'When', sort: 'when', cell: (m) => <Time value={m.finished_at ?? m.started_at ?? m.starts_at ?? m.send_at} none="not started" />, priority: 2 },
    { key: 'updated_at', header: 'Changed', sort: 'updated_at', cell: (m) => <Time value={m.updated_at} />, priority: 3 },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (m) => (
        <span data-above><MenuActions label={`Actions for ${m.name}`} actions={[
          ...(canCreate ? [{ label: 'Clone', onClick: () => { clone.mutate(m.id, { onError: failToast }); } }] : []),
          ...(canDelete && old ? [{ label: 'Restore', onClick: () => { restore.mutate(m.id, { onSuccess: () => { doneToast(`${m.name} is back`); }, onError: failToast }); } }] : []),
          ...(canDelete && !old ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(m.id, { onSuccess: () => { undoToast(`${m.name} archived`, () => restore.mutateAsync(m.id)); }, onError: failToast }); } }] : []),
        ]} /></span>
      ),
    },
  ];
  const add = canCreate ? { label: 'New mailing', icon: <IconPlus size={16} />, shortcut: 'N', href: paths.mailingNew() } : undefined;
  return (
    <ListPage<Mailing> name="mailings" title="Mailings" noun={{ one: 'mailing', many: 'mailings' }} query={query} state={state} columns={columns} rowKey={(m) => m.id} rowLabel={(m) => m.name} rowHref={(m) => paths.mailing(m.id)}
      primary={add} secondary={[{ label: 'Calendar', icon: <IconCalendar size={16} />, href: paths.mailingCalendar() }, { label: 'Slots', icon: <IconLayoutBoard size={16} />, href: paths.slots() }]} filters={[{ key: 'state', label: 'State', options: states }, { key: 'type', label: 'Kind', options: kinds.map((k) => ({ value: k.value, label: k.label })) }, ...(campaigns && campaigns.length > 0 ? [{ key: 'campaign', label: 'Campaign', options: campaigns.map((c) => ({ value: String(c.id), label: c.name })) }] : []), { key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]}
      help={{ text: 'A mailing is one message to many people. Each person gets it once, whatever happens in between, and the report accounts for everybody.' }}
      empty={<FirstUse icon={IconMail} title="Write to the right people" text="Choose who gets it, choose the message, look at the numbers, send. Every person is accounted for: sent, left out and why, or failed and why." primary={add} />} />
  );
}
