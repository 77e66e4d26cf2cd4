import { Badge, Group } from '@mantine/core';
import { IconHourglass, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, FirstUse, formatCount, ListPage, Loaded, MenuActions, paths, SideDrawer, Time, useDrawer, useListState, type Column, type Crumb, type PageAction } from '@/kit';
import { limitsText, type Policy } from './limits';
import { PolicyForm } from './PolicyForm';

function EditPolicy({ id, onDone }: { id: number; onDone: () => void }) {
  const query = useQuery({ queryKey: ['policies', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/policies/{policy_id}', { params: { path: { policy_id: id } }, signal })) });
  return <Loaded query={query} what="the policy">{(policy) => <PolicyForm policy={policy} onCancel={onDone} onSaved={(name) => { doneToast(`${name} saved`); onDone(); }} />}</Loaded>;
}

const where = (policy: Policy) => [
  ...(policy.is_default ? ['everything else'] : []),
  ...(policy.resource_ids.length > 0 ? [formatCount(policy.resource_ids.length, 'resource', 'resources')] : []),
  ...(policy.mailing_count > 0 ? [formatCount(policy.mailing_count, 'mailing', 'mailings')] : []),
].join(', ');

/** How many messages somebody may get in how many days; a page of the settings. */
export function PolicyList({ crumbs }: { crumbs: readonly Crumb[] }) {
  const state = useListState({ defaultSort: 'name' });
  const drawer = useDrawer('policy');
  const can = { make: useCan('policies:create'), change: useCan('policies:update'), remove: useCan('policies:delete') };
  const query = useList(['policies', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/policies', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const remove = useAction({ refresh: [['policies']], run: (id: number) => ok(api.DELETE('/api/v1/policies/{policy_id}', { params: { path: { policy_id: id } } })) });
  const actions = (policy: Policy): PageAction[] => [
    ...(can.change ? [{ label: 'Edit', onClick: () => { drawer.open(policy.id); } }] : []),
    ...(can.remove ? [{
      label: 'Delete…', danger: true,
      onClick: () => void confirmConsequence({
        title: `Delete ${policy.name}?`, action: 'Delete policy', keep: 'Keep it',
        body: policy.is_default || policy.resource_ids.length > 0 ? `It holds for ${where(policy)}; they follow the default policy then, or none.` : 'No mailing follows it.',
      }).then((yes) => { if (yes) remove.mutate(policy.id, { onSuccess: () => { doneToast(`${policy.name} deleted`); }, onError: failToast }); }),
    }] : []),
  ];
  const columns: Column<Policy>[] = [
    { key: 'name', header: 'Policy', sort: 'name', cell: (policy) => <Group gap={8} wrap="nowrap">{policy.name}{policy.is_default && <Badge variant="light" size="sm">Default</Badge>}</Group> },
    { key: 'limits', header: 'Limits', cell: (policy) => limitsText(policy.limits), priority: 2 },
    { key: 'where', header: 'Holds for', cell: (policy) => where(policy) || '–', priority: 2 },
    { key: 'updated', header: 'Changed', sort: 'updated_at', cell: (policy) => <Time value={policy.updated_at} />, priority: 3 },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (policy) => <span data-above><MenuActions actions={actions(policy)} label={`Actions for ${policy.name}`} /></span> },
  ];
  const make = can.make ? { label: 'New policy', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage name="policies" title="Frequency policies" crumbs={crumbs} noun={{ one: 'policy', many: 'policies' }} query={query} state={state} columns={columns} rowKey={(policy) => policy.id} rowLabel={(policy) => policy.name} {...(can.change ? { rowHref: (policy: Policy) => `${paths.settings('policies')}?drawer=policy:${policy.id}` } : {})}
        primary={make}
        help={{ text: 'A policy says how many messages somebody may get in how many days. A mailing follows its own policy, else that of its resource, else the default. Messages are counted before they are sent; who has had enough is left out, with the reason in the report.' }}
        empty={<FirstUse icon={IconHourglass} title="Write to nobody too often" text="Say how many messages somebody may get in a week. What would be too much is left out, with the reason in the mailing’s report." primary={make} />} />
      <SideDrawer name="policy" right={drawer.value === 'new' ? 'policies:create' : 'policies:update'} title={drawer.value === 'new' ? 'New frequency policy' : 'Edit frequency policy'}>
        {(id) => (id === 'new' ? <PolicyForm onCancel={drawer.close} onSaved={(name) => { doneToast(`${name} made`); drawer.close(); }} /> : <EditPolicy id={Number(id)} onDone={drawer.close} />)}
      </SideDrawer>
    </>
  );
}
