import { IconPlus, IconSignature } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, FirstUse, ListPage, MenuActions, paths, SideDrawer, Time, ToneBadge, useDrawer, useListState, type Column, type Crumb, type PageAction } from '@/kit';
import { DomainForm } from './DomainForm';
import { DomainKey } from './DomainKey';
import { keyState, type DkimKey } from './words';

function State({ of }: { of: DkimKey }) {
  const { tone, word } = keyState(of);
  return <ToneBadge tone={tone}>{word}</ToneBadge>;
}

/** The keys that sign mails; a page of the settings. */
export function DomainList({ crumbs }: { crumbs: readonly Crumb[] }) {
  const state = useListState({ defaultSort: 'domain' });
  const drawer = useDrawer('key');
  const can = { make: useCan('senders:create'), remove: useCan('senders:delete') };
  const query = useList(['sending-domains', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/senders/domains', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const remove = useAction({ refresh: [['sending-domains']], run: (id: number) => ok(api.DELETE('/api/v1/senders/domains/{key_id}', { params: { path: { key_id: id } } })) });
  const actions = (key: DkimKey): PageAction[] => [
    { label: 'Open', onClick: () => { drawer.open(key.id); } },
    ...(can.remove ? [{
      label: 'Delete…', danger: true, disabled: key.active,
      onClick: () => void confirmConsequence({ title: `Delete the key ${key.selector} of ${key.domain}?`, body: 'Its private part is gone then. Mails that were signed with it can be checked as long as its record stands.', action: 'Delete key', keep: 'Keep it' })
        .then((yes) => { if (yes) remove.mutate(key.id, { onSuccess: () => { doneToast(`The key of ${key.domain} was deleted`); }, onError: failToast }); }),
    }] : []),
  ];
  const columns: Column<DkimKey>[] = [
    { key: 'domain', header: 'Domain', sort: 'domain', cell: (key) => key.domain },
    { key: 'selector', header: 'Selector', cell: (key) => key.selector, priority: 2 },
    { key: 'state', header: 'State', cell: (key) => <State of={key} />, priority: 1 },
    { key: 'checked', header: 'Checked', cell: (key) => <Time value={key.checked_at} none="never" />, priority: 2 },
    { key: 'created', header: 'Made', sort: 'created_at', cell: (key) => <Time value={key.created_at} />, priority: 3 },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (key) => <span data-above><MenuActions actions={actions(key)} label={`Actions for ${key.domain}`} /></span> },
  ];
  const make = can.make ? { label: 'New key', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage name="sending-domains" title="Sending domains" crumbs={crumbs} noun={{ one: 'key', many: 'keys' }} query={query} state={state} columns={columns} rowKey={(key) => key.id} rowLabel={(key) => key.domain}
        rowHref={(key) => `${paths.settings('domains')}?drawer=key:${key.id}`} primary={make}
        help={{ text: 'Mails from a domain are signed (DKIM) so that mail servers can see who sent them and that nothing was changed on the way. Publish the record that each key shows, check it, then let the key sign. One key of a domain signs at a time; to change it, make another one first.' }}
        empty={<FirstUse icon={IconSignature} title="Sign your mails" text="Large mail providers refuse or hide unsigned mail. Make a key for your domain, publish its record, and let it sign." primary={make} />} />
      <SideDrawer name="key" right={drawer.value === 'new' ? 'senders:create' : 'senders:read'} title={drawer.value === 'new' ? 'New key' : 'Key of a sending domain'}>
        {(id) => (id === 'new' ? <DomainForm onCancel={drawer.close} onMade={(made) => { drawer.open(made); }} /> : <DomainKey id={Number(id)} />)}
      </SideDrawer>
    </>
  );
}
