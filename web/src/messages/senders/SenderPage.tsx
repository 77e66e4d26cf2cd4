import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, formatCount, Loaded, named, NoRight, Page, paths, undoToast, useGo, useIdParam, type Crumb, type PageAction } from '@/kit';
import { Badge } from '@mantine/core';
import type { VirtualSender } from './model';
import { SenderForm } from './SenderForm';

const help = { text: 'The first rule that fits a mail decides by which server it goes. Changes hold for runs under way from when their senders begin next.', guide: 'senders' };
const width = { maxWidth: 880 };
const refresh = [['senders'], ['mail-servers']];

/** A new virtual sender. */
export function NewSender({ crumbs }: { crumbs: readonly Crumb[] }) {
  const go = useGo(), can = useCan('senders:create');
  return (
    <Page title="New virtual sender" crumbs={[...crumbs, { label: 'Virtual senders', href: paths.settings('senders') }]} help={help}>
      {can ? <div style={width}><SenderForm onCancel={() => { go(paths.settings('senders')); }} onSaved={(saved) => { doneToast(`${saved.name} made`); go(paths.virtualSender(saved.id)); }} /></div> : <NoRight what="make virtual senders" right="senders:create" />}
    </Page>
  );
}

function useMenu(sender: VirtualSender | undefined): PageAction[] {
  const can = useCan('senders:delete'), go = useGo();
  const path = { params: { path: { sender_id: sender?.id ?? 0 } } };
  const restore = useAction({ refresh, run: (_: undefined, { headers }) => ok(api.POST('/api/v1/senders/{sender_id}/restore', { ...path, headers })) });
  const archive = useAction({ refresh, run: () => ok(api.DELETE('/api/v1/senders/{sender_id}', path)) });
  if (!sender || !can) return [];
  if (sender.archived_at !== null) return [{ label: 'Restore', onClick: () => { restore.mutate(undefined, { onSuccess: () => { doneToast(`${sender.name} restored`); }, onError: failToast }); } }];
  return [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(undefined, { onSuccess: () => { undoToast(`${sender.name} archived`, () => restore.mutateAsync(undefined)); go(paths.settings('senders')); }, onError: failToast }); } }];
}

/** One virtual sender: its rules, in their order. */
export function SenderPageBody({ crumbs }: { crumbs: readonly Crumb[] }) {
  const id = useIdParam('senderId');
  const query = useQuery({ queryKey: ['senders', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/senders/{sender_id}', { params: { path: { sender_id: id } }, signal })) });
  const menu = useMenu(query.data);
  const facts = query.data ? [query.data.mailing_count > 0 ? `used by ${formatCount(query.data.mailing_count, 'mailing', 'mailings')}` : 'no mailing names it', ...(query.data.archived_at ? ['archived'] : [])] : [];
  return (
    <Page title={named(query, (found) => found.name, 'Virtual sender')} crumbs={[...crumbs, { label: 'Virtual senders', href: paths.settings('senders') }]} facts={facts} menu={menu} help={help} badges={query.data?.is_default ? <Badge variant="light">Default</Badge> : undefined}>
      <Loaded query={query} what="the virtual sender">{(sender) => <div style={width}><SenderForm key={sender.id} sender={sender} onSaved={(saved) => { doneToast(`${saved.name} saved`); }} /></div>}</Loaded>
    </Page>
  );
}
