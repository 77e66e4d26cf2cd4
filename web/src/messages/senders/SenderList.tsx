import { Badge, Group } from '@mantine/core';
import { IconPlus, IconSend } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, FirstUse, formatCount, ListPage, MenuActions, paths, Time, undoToast, useGo, useListState, type Column, type Crumb, type PageAction } from '@/kit';
import { ruleWords, useServers, type VirtualSender } from './model';

const usedFor = (sender: VirtualSender) => [...(sender.is_default ? ['mailings that name none'] : []), ...(sender.mailing_count > 0 ? [formatCount(sender.mailing_count, 'mailing', 'mailings')] : [])].join(', ');

/** Which server takes whose mail, and who it comes from; a page of the settings. */
export function SenderList({ crumbs }: { crumbs: readonly Crumb[] }) {
  const state = useListState({ defaultSort: 'name' });
  const go = useGo();
  const can = { make: useCan('senders:create'), change: useCan('senders:update'), remove: useCan('senders:delete') };
  const names = new Map((useServers() ?? []).map((server) => [server.id, server.name]));
  const { archived, ...rest } = state.params, old = archived === 'true';
  const query = useList(['senders', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/senders', { params: { query: { ...rest, limit, archived: old, ...(cursor ? { cursor } : {}) } }, signal })));
  const path = (id: number) => ({ params: { path: { sender_id: id } } }), refresh = [['senders'], ['mail-servers']];
  const restore = useAction({ refresh, run: (id: number, { headers }) => ok(api.POST('/api/v1/senders/{sender_id}/restore', { ...path(id), headers })) });
  const archive = useAction({ refresh, run: (id: number) => ok(api.DELETE('/api/v1/senders/{sender_id}', path(id))) });
  const actions = (sender: VirtualSender): PageAction[] => (old ? [
    ...(can.change ? [{ label: 'Restore', onClick: () => { restore.mutate(sender.id, { onSuccess: () => { doneToast(`${sender.name} restored`); }, onError: failToast }); } }] : []),
  ] : [
    { label: 'Open', href: paths.virtualSender(sender.id) },
    ...(can.remove ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(sender.id, { onSuccess: () => { undoToast(`${sender.name} archived`, () => restore.mutateAsync(sender.id)); }, onError: failToast }); } }] : []),
  ]);
  const columns: Column<VirtualSender>[] = [
    { key: 'name', header: 'Virtual sender', sort: 'name', cell: (sender) => <Group gap={8} wrap="nowrap">{sender.name}{sender.is_default && <Badge variant="light" size="sm">Default</Badge>}</Group> },
    { key: 'rules', header: 'Rules', cell: (sender) => sender.rules.map((rule) => ruleWords(rule, names)).join('; '), priority: 2 },
    { key: 'used', header: 'Used by', cell: (sender) => usedFor(sender) || '–', priority: 2 },
    { key: 'updated', header: 'Changed', sort: 'updated_at', cell: (sender) => <Time value={sender.updated_at} />, priority: 3 },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (sender) => <span data-above><MenuActions actions={actions(sender)} label={`Actions for ${sender.name}`} /></span> },
  ];
  const make = can.make ? { label: 'New virtual sender', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { go(paths.virtualSender('new')); } } : undefined;
  return (
    <ListPage name="senders" title="Virtual senders" crumbs={crumbs} noun={{ one: 'virtual sender', many: 'virtual senders' }} query={query} state={state} columns={columns} rowKey={(sender) => sender.id} rowLabel={(sender) => sender.name}
      rowHref={(sender) => paths.virtualSender(sender.id)} primary={make} filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'true', label: 'Archived ones' }] }]}
      help={{ text: 'A virtual sender shares the mails of a mailing out between mail servers: by the domain of the recipient, by the address that it comes from, and by percent. Mailings choose one; those that name none go by the default, or else by the server of the settings file.', guide: 'senders' }}
      empty={<FirstUse icon={IconSend} title="Share mails out between servers" text="Say which server takes mails to which domains, in which shares, and from which address. Mailings then choose this as their sender." primary={make} />} />
  );
}
