import { Text } from '@mantine/core';
import { IconUsersGroup } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { AppLink, ButtonLink, FirstUse, ListPage, Num, paths, useIdParam, useListState, type Column } from '@/kit';
import { nameOf, type Profile } from '../model';

type Group = components['schemas']['DuplicateGroup'];

/** People who share an address or a number, to be looked at and merged. */
export function DuplicatesPage() {
  const databaseId = useIdParam('databaseId');
  const state = useListState();
  const canMerge = useCan('profiles:update');
  const query = useList<Group>(['duplicates', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/duplicates', { params: { path: { database_id: databaseId }, query: { ...(state.params.q ? { q: state.params.q } : {}), ...(state.params.kind ? { kind: state.params.kind as 'email' | 'phone' } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns: Column<Group>[] = [
    { key: 'value', header: 'They share', cell: (g) => <>{g.value}<Text size="xs" c="dimmed">{g.kind === 'email' ? 'e-mail address' : 'phone number'}</Text></> },
    { key: 'count', header: 'Profiles', align: 'right', priority: 2, cell: (g) => <Num value={g.count} /> },
    { key: 'people', header: 'Who', priority: 2, cell: (g) => (g.profiles as Profile[]).map((p, n) => <span key={p.id} data-above>{n > 0 && ', '}<AppLink href={paths.profile(databaseId, p.id)}>{nameOf(p)}</AppLink></span>) },
    ...(canMerge ? [{ key: 'merge', header: 'Merge', align: 'right' as const, priority: 1 as const, locked: true, cell: (g: Group) => <span data-above><ButtonLink size="compact-sm" variant="default" href={`${paths.merge(databaseId)}?people=${(g.profiles as Profile[]).map((p) => p.id).join(',')}`}>Compare and merge</ButtonLink></span> }] : []),
  ];
  return (
    <ListPage<Group> name="duplicates" title="Duplicates" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }]} query={query} state={state} columns={columns} rowKey={(g) => `${g.kind}:${g.value}`} rowLabel={(g) => g.value}
      noun={{ one: 'group', many: 'groups' }} searchLabel="Search an address or a number"
      filters={[{ key: 'kind', label: 'What they share', options: [{ value: 'email', label: 'E-mail address' }, { value: 'phone', label: 'Phone number' }] }]}
      help={{ text: 'Profiles with the same e-mail address or phone number, in their fields or their subscriptions. Families share numbers, so look before you merge.' }}
      empty={<FirstUse icon={IconUsersGroup} title="Nobody shares an address or a number" text="When two profiles have the same e-mail address or phone number, they are listed here side by side, ready to be merged." />} />
  );
}
