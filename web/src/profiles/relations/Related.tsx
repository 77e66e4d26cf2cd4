import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, doneToast, failToast, paths, Section, SideDrawer, useDrawer } from '@/kit';
import { nameOf, valueText } from '../model';
import { RelateForm } from './RelateForm';

/** Whom a person is related to, from both sides. */
export function Related({ databaseId, profileId }: { databaseId: number; profileId: number }) {
  const canUpdate = useCan('profiles:update');
  const drawer = useDrawer('relate');
  const types = useQuery({ queryKey: ['relations', 'of', databaseId], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/relations', { params: { path: { database_id: databaseId } }, signal })) }).data?.items ?? [];
  const query = useQuery({ queryKey: ['relations', databaseId, profileId], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/relations', { params: { path: { database_id: databaseId, profile_id: profileId } }, signal })) });
  const items = query.data?.items ?? [];
  const end = useAction({ refresh: [['relations']], run: (item: (typeof items)[number], { headers }) => ok(api.POST('/api/v1/relations/{type_id}/detach', { params: { path: { type_id: item.type_id } }, body: { items: [item.side === 'a' ? { a: profileId, b: item.profile_id } : { a: item.profile_id, b: profileId }] }, headers })) });
  if (types.length === 0) return null;
  return (
    <>
      <Section title="Relations">
        <Stack gap="xs">
          {query.data && items.length === 0 && <Text c="dimmed">Related to nobody yet.</Text>}
          {items.map((item) => (
            <Group key={`${item.id}.${item.side}`} justify="space-between" wrap="nowrap" align="start">
              <div>
                <Text>{item.label} <AppLink href={paths.profile(item.database_id, item.profile_id)}>{nameOf({ ...item.profile, id: item.profile_id })}</AppLink></Text>
                <Text size="sm" c="dimmed">{Object.entries(item.properties).map(([name, value]) => `${name.replaceAll('_', ' ')} ${valueText(value) ?? ''}`).join(' · ')}</Text>
              </div>
              {canUpdate && <Button size="compact-sm" variant="default" flex="none" onClick={() => { end.mutate(item, { onSuccess: () => { doneToast('The relation is ended'); }, onError: failToast }); }}>End</Button>}
            </Group>
          ))}
          {canUpdate && <Group><Button size="compact-sm" variant="default" onClick={() => { drawer.open('new'); }}>Relate to somebody</Button></Group>}
        </Stack>
      </Section>
      <SideDrawer name="relate" right="profiles:update" title="Relate to somebody">{() => <RelateForm databaseId={databaseId} profileId={profileId} types={types} onCancel={drawer.close} onSaved={drawer.close} />}</SideDrawer>
    </>
  );
}
