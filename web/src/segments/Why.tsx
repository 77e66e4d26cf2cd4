import { Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { api, ok } from '@/api/client';
import { toProblem } from '@/api/problem';
import type { components } from '@/api/schema';
import { readTree, WhyTree, writeTree, type Json, type Words } from '@/conditions';
import { AppLink, Loaded, paths, ToneBadge } from '@/kit';
import css from './segments.module.css';

type Asked = components['schemas']['ExplainIn'];

/** Finds one person by e-mail, phone, id or external id. */
export async function findPerson(databaseId: number, text: string): Promise<number | null> {
  const clean = text.trim().replace(/^#/, '');
  if (/^\d{1,9}$/.test(clean)) {
    try {
      return (await ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}', { params: { path: { database_id: databaseId, profile_id: Number(clean) } } }))).id as number;
    } catch (error) {
      if (toProblem(error).status !== 404) throw error;
    }
  }
  const { items } = await ok(api.GET('/api/v1/databases/{database_id}/profiles', { params: { path: { database_id: databaseId }, query: { q: clean, limit: 1 } } }));
  const id: unknown = items[0]?.id;
  return typeof id === 'number' ? id : null;
}

/** Test a person → Why. */
export function TestPerson({ databaseId, onFound }: { databaseId: number; onFound: (id: number) => void }) {
  const [text, setText] = useState(''), [error, setError] = useState<string | null>(null), [busy, setBusy] = useState(false);
  const look = async (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim() === '') { setError('Enter an e-mail or an id'); return; }
    setBusy(true);
    try {
      const id = await findPerson(databaseId, text);
      if (id === null) setError(`Nobody here is “${text.trim()}”`);
      else onFound(id);
    } catch (problem) {
      setError(toProblem(problem).detail);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Paper className={css.rail ?? ''} component="section" aria-label="Test a person">
      <form onSubmit={(event) => void look(event)}>
        <TextInput label="Test a person" placeholder="e-mail or id" value={text} error={error} onChange={(event) => { setText(event.currentTarget.value); setError(null); }}
          rightSectionWidth={64} rightSection={<Button type="submit" size="compact-sm" variant="default" loading={busy}>Why?</Button>} />
      </form>
    </Paper>
  );
}

interface WhyProps { profileId: number; databaseId: number; words: Words; segments: ReadonlyMap<number, string>; condition: Json | null; segment?: number | undefined; range?: Asked['range'] }

/** Whether a person is in, and the verdict on every rule. */
export function Why({ profileId, databaseId, words, segments, condition, segment, range }: WhyProps) {
  const body: Asked = segment === undefined ? { profile_id: profileId, database_id: databaseId, condition: condition as NonNullable<Asked['condition']>, ...(range ? { range } : {}) } : { profile_id: profileId, segment };
  const query = useQuery({ queryKey: ['segments', 'why', body], queryFn: ({ signal }) => ok(api.POST('/api/v1/segments/explain', { body, signal })), gcTime: 0 });
  const tree = readTree(condition), written = writeTree(tree);
  return (
    <Loaded query={query} what="the explanation">
      {(found) => (
        <Stack gap="md">
          <Group gap="xs">
            <ToneBadge tone={found.member ? 'moss' : 'gray'}>{found.member ? 'In this segment' : 'Not in this segment'}</ToneBadge>
            <AppLink href={paths.profile(databaseId, profileId)}>Open profile {profileId}</AppLink>
          </Group>
          {!found.member && found.failed > 0 && <Text>{found.failed === 1 ? '1 rule does not hold' : `${found.failed} rules do not hold`}; the first is marked.</Text>}
          {found.in_range === false && <Text>This person is outside of the segment’s random part.</Text>}
          {found.member && found.holds === false && <Text>The list still has this person, the rules no longer hold. The next run takes them out.</Text>}
          {!found.member && found.holds === true && found.in_range !== false && <Text>The rules hold, but this person is not in the list: it was filled earlier, or the limit left them out.</Text>}
          {found.rules.length > 0 ? <WhyTree tree={tree} written={written} rules={found.rules} words={words} segments={segments} /> : <Text c="dimmed">This list has no rules: people are in it because somebody put them there.</Text>}
        </Stack>
      )}
    </Loaded>
  );
}
