import { Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan, useMe } from '@/api/session';
import {
  AllDone, confirmConsequence, doneToast, failToast, formatCount, ListPage, Loaded, MenuActions, SideDrawer, StateBadge, Time, undoToast, useDrawer, useListState, type Column, type PageAction,
} from '@/kit';
import { Secret } from './Secret';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';
import { UserForm, type User } from './UserForm';
import { useRoleChoices } from './useRoles';

function useUserActions(onPassword: (password: string | null) => void) {
  const canUpdate = useCan('users:update'), canDelete = useCan('users:delete');
  const me = useMe();
  const drawer = useDrawer('user');
  const path = (id: number) => ({ params: { path: { user_id: id } } });
  const refresh = [['users'], ['roles']];
  const open = useAction({ run: (id: number, { headers }) => ok(api.POST('/api/v1/users/{user_id}/enable', { ...path(id), headers })), refresh });
  const close = useAction({ run: (id: number, { headers }) => ok(api.POST('/api/v1/users/{user_id}/disable', { ...path(id), headers })), refresh });
  const end = useAction({ run: (id: number) => ok(api.DELETE('/api/v1/users/{user_id}/sessions', path(id))), refresh });
  const reset = useAction({ run: (id: number, { headers }) => ok(api.POST('/api/v1/users/{user_id}/password', { ...path(id), body: {}, headers })), refresh, onDone: (reply) => { onPassword(reply.password); } });

  return (user: User): PageAction[] => [
    ...(canUpdate ? [
      { label: 'Edit', onClick: () => { drawer.open(user.id); } },
      {
        label: 'Set a new password…', onClick: () => void confirmConsequence({
          title: `Set a new password for ${user.name}?`, body: `A new password is generated and shown to you once. ${formatCount(user.sessions, 'sign-in', 'sign-ins')} of ${user.name} will end.`, action: 'Set password', keep: 'Keep the old one',
        }).then((yes) => { if (yes) reset.mutate(user.id, { onError: failToast }); }),
      },
      { label: 'Sign out everywhere', disabled: user.sessions === 0, onClick: () => { end.mutate(user.id, { onSuccess: () => { doneToast(`${user.name} was signed out`); }, onError: failToast }); } },
    ] : []),
    ...(user.disabled_at && canUpdate ? [{ label: 'Open the sign-in again', onClick: () => { open.mutate(user.id, { onError: failToast }); } }] : []),
    ...(!user.disabled_at && canDelete ? [{
      label: 'Close the sign-in', danger: true, disabled: user.id === me?.id,
      onClick: () => { close.mutate(user.id, { onSuccess: () => { undoToast(`${user.name} can no longer sign in`, () => open.mutateAsync(user.id)); }, onError: failToast }); },
    }] : []),
  ];
}

function EditUser({ id, onDone }: { id: string; onDone: () => void }) {
  const query = useQuery({ queryKey: ['users', Number(id)], queryFn: ({ signal }) => ok(api.GET('/api/v1/users/{user_id}', { params: { path: { user_id: Number(id) } }, signal })) });
  return <Loaded query={query} what="the user">{(user) => <UserForm user={user} onCancel={onDone} onSaved={() => { doneToast(`${user.name} saved`); onDone(); }} />}</Loaded>;
}

/** Who may sign in, with which roles. */
export function UsersPage() {
  const state = useListState({ defaultSort: 'name' });
  const canCreate = useCan('users:create');
  const roles = useRoleChoices();
  const drawer = useDrawer('user');
  const [secret, setSecret] = useState<{ password: string | null } | null>(null);
  const show = (password: string | null) => { setSecret({ password }); drawer.open('secret'); };
  const actions = useUserActions(show);
  const { disabled, ...rest } = state.params;
  const query = useList(['users', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/users', {
    params: { query: { ...rest, limit, ...(disabled === undefined ? {} : { disabled: disabled === 'true' }), ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const title = (names: readonly string[]) => names.map((name) => roles.find((r) => r.value === name)?.label ?? name).join(', ');
  const columns: Column<User>[] = [
    { key: 'name', header: 'User', sort: 'name', cell: (user) => user.name },
    { key: 'email', header: 'E-mail', sort: 'email', cell: (user) => user.email, priority: 2 },
    { key: 'roles', header: 'Roles', cell: (user) => title(user.roles), priority: 2 },
    { key: 'state', header: 'State', cell: (user) => <StateBadge state={user.disabled_at ? 'disabled' : 'active'} size="sm" label={user.disabled_at ? 'Closed' : 'Active'} />, priority: 1 },
    { key: 'seen', header: 'Last here', sort: 'last_seen_at', cell: (user) => <Time value={user.last_seen_at} none="never" />, priority: 3 },
    { key: 'sessions', header: 'Sign-ins', align: 'right', cell: (user) => user.sessions, priority: 3 },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (user) => <span data-above><MenuActions actions={actions(user)} label={`Actions for ${user.name}`} /></span> },
  ];
  const close = () => { setSecret(null); drawer.close(); };
  return (
    <SettingsFrame>
      <ListPage name="users" title="Users" crumbs={settingsCrumb} noun={{ one: 'user', many: 'users' }} query={query} state={state} columns={columns} rowKey={(user) => user.id} rowLabel={(user) => user.name}
        primary={canCreate ? { label: 'Add user', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined}
        filters={[{ key: 'role', label: 'Role', options: roles }, { key: 'disabled', label: 'State', options: [{ value: 'false', label: 'Active' }, { value: 'true', label: 'Closed' }] }]}
        help={{ text: 'People who may sign in. Their roles decide what they see and change. Closing a sign-in ends it at once; what the person made stays. The last owner cannot be closed.' }}
        empty={<AllDone>Nobody else can sign in yet.</AllDone>} />
      <SideDrawer name="user" right={drawer.value === 'new' ? 'users:create' : 'users:update'} title={drawer.value === 'new' ? 'Add a user' : drawer.value === 'secret' ? 'Password' : 'Edit user'}>
        {(id) => (id === 'new' ? <UserForm onCancel={close} onSaved={show} />
          : id === 'secret' ? (secret ? <Secret what="password" value={secret.password} onStored={close} /> : <Text c="dimmed">The password was shown once and is gone from this page.</Text>)
            : <EditUser id={id} onDone={close} />)}
      </SideDrawer>
    </SettingsFrame>
  );
}
