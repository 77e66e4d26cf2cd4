import { IconPlus, IconServer } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, FirstUse, ListPage, Loaded, MenuActions, paths, SideDrawer, Time, ToneBadge, undoToast, useDrawer, useListState, type Column, type Crumb, type PageAction } from '@/kit';
import { addressOf, serverState, speedWords, type MailServer } from './model';
import { ServerForm } from './ServerForm';
import { ServerPanel, useServer } from './ServerPanel';

function EditServer({ id, onDone }: { id: number; onDone: () => void }) {
  const query = useServer(id);
  return <Loaded query={query} what="the mail server">{(server) => <ServerForm server={server} onCancel={onDone} onSaved={(saved) => { doneToast(`${saved.name} saved`); onDone(); }} />}</Loaded>;
}

function State({ of }: { of: MailServer }) {
  const { tone, word } = serverState(of);
  return <ToneBadge tone={tone}>{word}</ToneBadge>;
}

/** The servers that mails are handed over to; a page of the settings. */
export function ServerList({ crumbs }: { crumbs: readonly Crumb[] }) {
  const state = useListState({ defaultSort: 'name' });
  const drawer = useDrawer('server');
  const can = { make: useCan('senders:create'), change: useCan('senders:update'), remove: useCan('senders:delete') };
  const { archived, ...rest } = state.params, old = archived === 'true';
  const query = useList(['mail-servers', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/senders/servers', { params: { query: { ...rest, limit, archived: old, ...(cursor ? { cursor } : {}) } }, signal })));
  const path = (id: number) => ({ params: { path: { server_id: id } } });
  const restore = useAction({ refresh: [['mail-servers']], run: (id: number, { headers }) => ok(api.POST('/api/v1/senders/servers/{server_id}/restore', { ...path(id), headers })) });
  const archive = useAction({ refresh: [['mail-servers']], run: (id: number) => ok(api.DELETE('/api/v1/senders/servers/{server_id}', path(id))) });
  const edit = (id: number) => { drawer.open(`edit-${id}`); };
  const actions = (server: MailServer): PageAction[] => (server.builtin ? [{ label: 'Open', onClick: () => { drawer.open(server.id); } }] : old ? [
    ...(can.change ? [{ label: 'Restore', onClick: () => { restore.mutate(server.id, { onSuccess: () => { doneToast(`${server.name} restored`); }, onError: failToast }); } }] : []),
  ] : [
    { label: 'Open', onClick: () => { drawer.open(server.id); } },
    ...(can.change ? [{ label: 'Edit', onClick: () => { edit(server.id); } }] : []),
    ...(can.remove ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(server.id, { onSuccess: () => { undoToast(`${server.name} archived`, () => restore.mutateAsync(server.id)); }, onError: failToast }); } }] : []),
  ]);
  const columns: Column<MailServer>[] = [
    { key: 'name', header: 'Mail server', sort: 'name', cell: (server) => server.name },
    { key: 'host', header: 'Address', sort: 'host', cell: (server) => <span style={{ overflowWrap: 'anywhere' }}>{addressOf(server)}</span>, priority: 2 },
    { key: 'state', header: 'State', cell: (server) => <State of={server} />, priority: 1 },
    { key: 'speed', header: 'Speed', cell: speedWords, priority: 3 },
    { key: 'used', header: 'Used by', cell: (server) => server.used_by.join(', ') || '–', priority: 3 },
    { key: 'tested', header: 'Tested', cell: (server) => (server.builtin ? '–' : <Time value={server.tested_at} none="never" />), priority: 3 },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (server) => <span data-above><MenuActions actions={actions(server)} label={`Actions for ${server.name}`} /></span> },
  ];
  const make = can.make ? { label: 'New mail server', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const title = drawer.value === 'new' ? 'New mail server' : drawer.value?.startsWith('edit-') ? 'Edit mail server' : 'Mail server';
  return (
    <>
      <ListPage name="mail-servers" title="Mail servers" crumbs={crumbs} noun={{ one: 'server', many: 'servers' }} query={query} state={state} columns={columns} rowKey={(server) => server.id} rowLabel={(server) => server.name}
        rowHref={(server) => `${paths.settings('mail-servers')}?drawer=server:${server.id}`} primary={make} searchLabel="Search name or address" filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'true', label: 'Archived ones' }] }]}
        help={{ text: 'Mails are handed over to these servers. The one of the settings file takes everything for which no virtual sender names another. A virtual sender says which server takes whose mail.', guide: 'senders' }}
        empty={<FirstUse icon={IconServer} title="Send by servers of your own" text="Enter the server that your mail provider names, with user and password, test the connection, and share mails out with a virtual sender." primary={make} />} />
      <SideDrawer name="server" right={drawer.value === 'new' ? 'senders:create' : drawer.value?.startsWith('edit-') ? 'senders:update' : 'senders:read'} title={title}>
        {(value) => (value === 'new' ? <ServerForm onCancel={drawer.close} onSaved={(saved) => { doneToast(`${saved.name} made; test its connection now`); drawer.open(saved.id); }} />
          : value.startsWith('edit-') ? <EditServer key={value} id={Number(value.slice(5))} onDone={() => { drawer.open(value.slice(5)); }} /> : <ServerPanel key={value} id={Number(value)} onEdit={() => { edit(Number(value)); }} />)}
      </SideDrawer>
    </>
  );
}
