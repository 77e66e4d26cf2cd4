import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, Section, Time } from '@/kit';
import { nameOf } from '../model';

/** Whom a profile was merged from, with a way back. */
export function MergedFrom({ databaseId, profileId, zone }: { databaseId: number; profileId: number; zone: string }) {
  const canUpdate = useCan('profiles:update');
  const query = useQuery({ queryKey: ['profiles', databaseId, profileId, 'merged-from'], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/merged-from', { params: { path: { database_id: databaseId, profile_id: profileId } }, signal })) });
  const split = useAction({ refresh: [['profiles'], ['databases']], run: (former: { profile_id: number; database_id: number }, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/profiles/split', { params: { path: { database_id: databaseId } }, body: { source: profileId, destinations: [{ former }] }, headers })) });
  const items = query.data?.items ?? [];
  if (items.length === 0) return null;
  const apart = async (item: (typeof items)[number]) => {
    const name = nameOf({ ...item.before, id: item.profile_id });
    const yes = await confirmConsequence({ title: `Split ${name} off again?`, body: 'A new profile gets the values they had before the merge, and their own address and number back. Orders, consent and history stay here; move them by the API where needed.', action: 'Split off', keep: 'Keep together' });
    if (yes) split.mutate({ profile_id: item.profile_id, database_id: item.database_id }, { onSuccess: () => { doneToast(`${name} has a profile of their own again`); }, onError: failToast });
  };
  return (
    <Section title="Merged from">
      <Stack gap="xs">
        {items.map((item) => (
          <Group key={`${item.database_id}.${item.profile_id}`} justify="space-between" wrap="nowrap" align="start">
            <div>
              <Text>{nameOf({ ...item.before, id: item.profile_id })} <Text span c="dimmed">#{item.profile_id}{item.database_id === databaseId ? '' : ` of database ${item.database_id}`}</Text></Text>
              <Text size="sm" c="dimmed">{[item.before.email, item.before.external_id].filter((v) => typeof v === 'string').join(' · ')} {'· '}<Time value={item.merged_at} zone={zone} /> by {item.actor}</Text>
            </div>
            {canUpdate && <Button size="compact-sm" variant="default" loading={split.isPending} onClick={() => void apart(item)}>Split off</Button>}
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
