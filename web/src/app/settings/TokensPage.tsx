import { Code, Text } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { confirmConsequence, failToast, FirstUse, ListPage, MenuActions, SideDrawer, StateBadge, Time, useDrawer, useListState, type Column, type PageAction } from '@/kit';
import { Secret } from './Secret';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';
import { TokenForm } from './TokenForm';
import { useRoleChoices } from './useRoles';

type Token = components['schemas']['TokenOut'];

const stateOf = (token: Token, now: Date) => (token.revoked_at ? 'revoked' : token.expires_at && new Date(token.expires_at) < now ? 'expired' : 'active');
const words = { revoked: 'Revoked', expired: 'Lapsed', active: 'Active' };

/** API tokens: shown once, listed with their rights and last use. */
export function TokensPage() {
  const state = useListState({ defaultSort: '-created_at' });
  const roles = useRoleChoices();
  const canCreate = useCan('tokens:create'), canDelete = useCan('tokens:delete');
  const drawer = useDrawer('token');
  const [secret, setSecret] = useState<{ value: string | null } | null>(null);
  const { revoked, ...rest } = state.params;
  const query = useList(['tokens', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/tokens', {
    params: { query: { ...rest, limit, ...(revoked === undefined ? {} : { revoked: revoked === 'true' }), ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const revoke = useAction({ run: (id: number) => ok(api.DELETE('/api/v1/tokens/{token_id}', { params: { path: { token_id: id } } })), refresh: [['tokens']] });
  const ask = (token: Token) => void confirmConsequence({
    title: `Revoke the token ${token.name}?`, body: <>What uses it is refused from now on. Last used: <Time value={token.last_used_at} none="never" />. This cannot be undone.</>, action: 'Revoke token', keep: 'Keep token', danger: true,
  }).then((yes) => { if (yes) revoke.mutate(token.id, { onError: failToast }); });

  const title = (token: Token) => [...token.roles.map((name) => roles.find((r) => r.value === name)?.label ?? name), ...(token.rights.length > 0 ? [token.rights.length === 1 ? '1 single right' : `${token.rights.length} single rights`] : [])].join(', ');
  const columns: Column<Token>[] = [
    { key: 'name', header: 'Token', sort: 'name', cell: (token) => token.name },
    { key: 'prefix', header: 'Starts with', cell: (token) => <Code>{token.prefix}…</Code>, priority: 3 },
    { key: 'rights', header: 'Rights', cell: title, priority: 2 },
    { key: 'state', header: 'State', cell: (token) => { const s = stateOf(token, new Date()); return <StateBadge state={s === 'active' ? 'active' : 'inactive'} label={words[s]} size="sm" />; }, priority: 1 },
    { key: 'used', header: 'Last used', sort: 'last_used_at', cell: (token) => <Time value={token.last_used_at} none="never" /> },
    { key: 'ends', header: 'Ends', sort: 'expires_at', cell: (token) => <Time value={token.expires_at} mode="date" none="not by itself" />, priority: 3 },
    { key: 'made', header: 'Made', sort: 'created_at', cell: (token) => <><Time value={token.created_at} /> by {token.created_by}</>, priority: 3 },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 3,
      cell: (token) => <MenuActions label={`Actions for ${token.name}`} actions={canDelete && !token.revoked_at ? [{ label: 'Revoke…', danger: true, onClick: () => { ask(token); } }] : []} />,
    },
  ];
  const primary: PageAction | undefined = canCreate ? { label: 'Make token', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const close = () => { setSecret(null); drawer.close(); };
  return (
    <SettingsFrame>
      <ListPage name="tokens" title="API tokens" crumbs={settingsCrumb} noun={{ one: 'token', many: 'tokens' }} query={query} state={state} columns={columns} rowKey={(token) => token.id} rowLabel={(token) => token.name}
        primary={primary} searchLabel="Search name, or how it starts" filters={[{ key: 'revoked', label: 'State', options: [{ value: 'false', label: 'In force' }, { value: 'true', label: 'Revoked' }] }]}
        help={{ text: 'A token lets a program act through the API. Give each program its own, with no more rights than it needs, so that one can be revoked without stopping the others.' }}
        empty={<FirstUse icon={IconKey} title="Let a program in" text="A shop, a till or an app signs in with a token. It is shown once when it is made." primary={primary} />} />
      <SideDrawer name="token" right="tokens:create" title={drawer.value === 'secret' ? 'Your new token' : 'Make a token'}>
        {(id) => (id === 'new' ? <TokenForm onCancel={close} onMade={(value) => { setSecret({ value }); drawer.open('secret'); }} />
          : secret ? <Secret what="token" value={secret.value} onStored={close} /> : <Text c="dimmed">The token was shown once and is gone from this page.</Text>)}
      </SideDrawer>
    </SettingsFrame>
  );
}
