import { Text } from '@mantine/core';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { FirstUse, ListPage, Num, paths, SideDrawer, StateBadge, Time, useDrawer, useGo, useListState, type Column, type Crumb } from '@/kit';
import { HookForm } from './HookForm';
import { standing, typesWords, type Hook } from './model';
import { NewSecret } from './NewSecret';

/** Where events are sent as they happen; a page of the settings. */
export function HookList({ crumbs }: { crumbs: readonly Crumb[] }) {
  const state = useListState({ defaultSort: 'name' });
  const drawer = useDrawer('hook');
  const go = useGo();
  const can = useCan('hooks:create');
  const databases = useDatabases();
  const [made, setMade] = useState<components['schemas']['HookSecret'] | null>(null);
  const { active, ...rest } = state.params;
  const query = useList(['hooks', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/hooks', {
    params: { query: { ...rest, limit, ...(active === undefined ? {} : { active: active === 'true' }), ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const columns: Column<Hook>[] = [
    { key: 'name', header: 'Hook', sort: 'name', cell: (hook) => hook.name },
    { key: 'state', header: 'State', priority: 1, cell: (hook) => { const { state: look, label } = standing(hook); return <StateBadge state={look} label={label} size="sm" />; } },
    { key: 'url', header: 'Address', priority: 2, cell: (hook) => <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>{hook.url}</Text> },
    { key: 'types', header: 'Events', priority: 3, cell: typesWords },
    { key: 'database', header: 'Database', priority: 3, cell: (hook) => (hook.database_id === null ? 'all' : databases?.find((d) => d.id === hook.database_id)?.name ?? '–') },
    { key: 'waiting', header: 'Waiting', sort: 'waiting', align: 'right', priority: 2, cell: (hook) => <Num value={hook.waiting} /> },
    { key: 'delivered', header: 'Last delivered', sort: 'delivered_at', priority: 2, cell: (hook) => <Time value={hook.delivered_at} none="never" /> },
  ];
  const make = can ? { label: 'New hook', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const stored = () => { const id = made?.hook.id; setMade(null); if (id !== undefined) go(paths.hook(id)); };
  return (
    <>
      <ListPage name="hooks" title="Hooks" crumbs={crumbs} noun={{ one: 'hook', many: 'hooks' }} query={query} state={state} columns={columns} rowKey={(hook) => hook.id} rowLabel={(hook) => hook.name} rowHref={(hook) => paths.hook(hook.id)}
        primary={make} searchLabel="Search name or address" filters={[{ key: 'active', label: 'State', options: [{ value: 'true', label: 'Sending' }, { value: 'false', label: 'Paused or switched off' }] }]}
        help={{ text: 'A hook posts events to an address as they happen: signed, in order, in batches, repeated until the receiver has taken them. A receiver that is slow or away holds up no other hook.', guide: 'hooks' }}
        empty={<FirstUse icon={IconWebhook} title="Tell other systems what happens" text="A warehouse, an analytics tool or your own program gets each event as it happens. Requests are signed, and repeated until they are taken." primary={make} />} />
      <SideDrawer name="hook" size={720} right="hooks:create" title={drawer.value === 'secret' ? 'The secret of your new hook' : 'New hook'}>
        {(id) => (id === 'new' ? <HookForm onCancel={drawer.close} onMade={(found) => { setMade(found); drawer.open('secret'); }} />
          : made ? <NewSecret made={made} onStored={stored} /> : <Text c="dimmed">The secret was shown once and is gone from this page.</Text>)}
      </SideDrawer>
    </>
  );
}
