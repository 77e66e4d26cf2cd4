import { Alert, Button, Checkbox, Group, Radio, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { toProblem } from '@/api/problem';
import type { components } from '@/api/schema';
import { AppLink, Delayed, Details, doneToast, failToast, formatNumber, Loaded, NeedRight, NO_VALUE, Page, paths, Section, SkeletonPanel, SkeletonText, SmallTable, StateBadge, useGo, useIdParam, useSearchParam, useTold } from '@/kit';
import { fieldLabel, nameOf, useDatabaseOf, valueText, type Database, type Profile } from '../model';

type Merged = components['schemas']['MergeOut'];
interface Options { subscriptions: boolean; history: boolean; static_segments: boolean; skip_triggers: boolean }

const movedWords: Record<string, string> = { subscriptions: 'subscriptions', subscriptions_left: 'subscriptions that stay behind', orders: 'orders', messages: 'messages', segments: 'segments changed', relations: 'relations', visitors: 'visitors' };
const ids = (text: string | undefined) => [...new Set((text ?? '').split(',').map(Number).filter((n) => Number.isInteger(n) && n > 0))];

function Result({ merged, database }: { merged: Merged; database: Database }) {
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const labels = new Map(database.fields.map((f) => [f.name, fieldLabel(f)]));
  const profile = merged.profile as Profile;
  const shown = database.fields.filter((f) => valueText(profile[f.name]) !== null && !['created_at', 'updated_at'].includes(f.name));
  const moved = Object.entries(merged.moved).filter(([, n]) => n > 0);
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: 'start' }}>
      <Section title="The result">
        <Details items={shown.map((f) => [fieldLabel(f), f.name === 'status' ? <StateBadge key="s" state={valueText(profile.status) ?? 'unconfirmed'} size="sm" /> : valueText(profile[f.name])])} />
        <Text size="sm" c="dimmed">{moved.length > 0 ? `Moves along: ${moved.map(([name, n]) => `${formatNumber(n)} ${movedWords[name] ?? name}`).join(', ')}. Their history follows.` : 'Their history follows.'}</Text>
      </Section>
      <Section title="Where they differ">
        {merged.conflicts.length === 0 ? <Text>Nowhere: nothing is lost.</Text> : (
          <SmallTable label="Where they differ" rows={merged.conflicts} rowKey={(c) => c.field} columns={[
            { key: 'field', header: 'Field', cell: (c) => <span style={{ whiteSpace: 'nowrap' }}>{labels.get(c.field) ?? c.field}</span> },
            { key: 'kept', header: 'Kept', priority: 1, cell: (c) => valueText(c.kept) ?? NO_VALUE },
            { key: 'dropped', header: 'Not kept', priority: 2, cell: (c) => c.dropped.map((d) => <div key={`${d.database_id}.${d.profile_id}`} style={{ overflowWrap: 'anywhere' }}>{narrow && 'not kept: '}{valueText(d.value)} <Text span size="xs" c="dimmed">#{d.profile_id}{d.reason ? `: ${d.reason}` : ''}</Text></div>) },
          ]} />
        )}
        <Text size="sm" c="dimmed">Addresses and numbers that are not kept still lead to this person.</Text>
      </Section>
    </SimpleGrid>
  );
}

const gone = (error: unknown): boolean => Boolean(error) && toProblem(error).status === 404;

/** Makes several profiles of one person one, after showing what that gives. */
export function MergePage() {
  const databaseId = useIdParam('databaseId');
  const go = useGo();
  const can = useCan('profiles:update');
  const database = useDatabaseOf(databaseId).data;
  const [people, setPeople] = useSearchParam('people');
  const [into, setInto] = useSearchParam('into');
  const [added, setAdded] = useState('');
  const [options, setOptions] = useState<Options>({ subscriptions: true, history: true, static_segments: true, skip_triggers: false });
  const chosen = ids(people);
  const destination = Number(into) || chosen[0] || 0;
  const sources = chosen.filter((id) => id !== destination);
  const profiles = useQueries({ queries: chosen.map((id) => ({ queryKey: ['profiles', databaseId, id], queryFn: async ({ signal }: { signal: AbortSignal }) => (await ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}', { params: { path: { database_id: databaseId, profile_id: id } }, signal }))) as Profile, retry: false })) });
  useTold(profiles.find((profile) => gone(profile.error))?.error);
  const body = { destination, sources, ...options };
  const preview = useQuery({ queryKey: ['merge', databaseId, body], enabled: sources.length > 0, retry: false, queryFn: ({ signal }) => ok(api.POST('/api/v1/databases/{database_id}/profiles/merge', { params: { path: { database_id: databaseId } }, body: { ...body, preview: true }, signal })) });
  const merge = useAction({ refresh: [['profiles'], ['databases'], ['duplicates'], ['segments']], run: (_: undefined, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/profiles/merge', { params: { path: { database_id: databaseId } }, body, headers })) });
  const add = () => {
    const more = ids(added.replaceAll('#', '').replaceAll(' ', ','));
    if (more.length > 0) { setPeople([...new Set([...chosen, ...more])].join(',')); setAdded(''); }
  };
  const set = (name: keyof Options) => (event: { currentTarget: { checked: boolean } }) => { setOptions({ ...options, [name]: event.currentTarget.checked }); };
  if (!can) return <NeedRight title="Merge profiles" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }]} what="merge profiles" right="profiles:update" />;
  return (
    <Page title="Merge profiles" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }, { label: 'Duplicates', href: paths.duplicates(databaseId) }]}
      help={{ text: 'The profile you keep takes what it lacks from the others. Consent never grows: the stricter word holds. Old ids, addresses and numbers keep leading to the person, and a merge can be taken apart on the card.' }}>
      <Stack>
        <Section title="Who is the same person">
          {chosen.length > 0 && <Radio.Group label="Keep this profile" description="The others become part of it" value={String(destination)} onChange={setInto}>
            <Stack gap="sm" mt="sm">
              {chosen.map((id, n) => {
                const profile = profiles[n]?.data;
                return (
                  <Group key={id} gap="xs" justify="space-between" align="start">
                    <Radio value={String(id)} flex="1 1 220px" styles={{ label: { overflowWrap: 'anywhere' } }}
                      label={<>{profile ? nameOf(profile) : profiles[n]?.isPending ? <SkeletonText /> : 'Profile'} <Text span c="dimmed">#{id}</Text></>}
                      description={profile && [valueText(profile.email), valueText(profile.phones), valueText(profile.city)].filter(Boolean).join(' · ')}
                      error={gone(profiles[n]?.error) ? 'There is no such profile' : undefined} />
                    <Group gap="sm">
                      {profile && <StateBadge state={valueText(profile.status) ?? 'unconfirmed'} size="sm" />}
                      <AppLink href={paths.profile(databaseId, id)} size="sm">Card</AppLink>
                      <Button size="compact-sm" variant="subtle" onClick={() => { setPeople(chosen.filter((x) => x !== id).join(',')); }}>Leave out</Button>
                    </Group>
                  </Group>
                );
              })}
            </Stack>
          </Radio.Group>}
          <form onSubmit={(event) => { event.preventDefault(); add(); }}>
            <Group align="end"><TextInput label="Add by id" placeholder="#18" value={added} onChange={(e) => { setAdded(e.currentTarget.value); }} /><Button type="submit" variant="default">Add</Button></Group>
          </form>
        </Section>
        {sources.length > 0 && <Section title="What follows">
          <Checkbox label="Their subscriptions" checked={options.subscriptions} onChange={set('subscriptions')} />
          <Checkbox label="Their history" checked={options.history} onChange={set('history')} />
          <Checkbox label="Their places in static segments" checked={options.static_segments} onChange={set('static_segments')} />
          <Checkbox label="Start nothing by this: write no events" checked={options.skip_triggers} onChange={set('skip_triggers')} />
        </Section>}
        {sources.length === 0 ? <Alert color="fjord">{chosen.length === 0 ? 'Add two profiles that are the same person, or start from a group of duplicates.' : 'Add at least one more profile to see what a merge gives.'}</Alert> : (
          <Loaded query={preview} what="the preview">{(merged) => (database ? <Result merged={merged} database={database} /> : <Delayed><SkeletonPanel /></Delayed>)}</Loaded>
        )}
        {sources.length > 0 && preview.data && <Group>
          <Button loading={merge.isPending} onClick={() => { merge.mutate(undefined, { onSuccess: (done) => { doneToast(`${formatNumber(sources.length + 1)} profiles are one now`); go(paths.profile(databaseId, (done.profile as Profile).id)); }, onError: failToast }); }}>Merge {formatNumber(sources.length + 1)} profiles</Button>
        </Group>}
      </Stack>
    </Page>
  );
}
