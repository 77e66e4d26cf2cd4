import { Button, Group, Paper, Radio, SimpleGrid, Stack, Text, TextInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { failToast, NeedDatabase, NeedRight, Page, paths, Section, TagsField, useGo, useSearchParam } from '@/kit';
import { BuilderPage } from './BuilderPage';
import { examples, kindOf, kinds, type Kind } from './model';
import css from './segments.module.css';
import { useSegmentTags } from './tagging';
import { useSegmentNames } from '@/conditions/references';

const isKind = (value: string | undefined): value is Kind => kinds.some((k) => k.value === value);

function StartFrom({ kind, databaseId }: { kind: Kind; databaseId: number }) {
  const go = useGo();
  const others = useSegmentNames(databaseId)?.filter((s) => s.condition !== null).slice(0, 6) ?? [];
  const start = (from: string) => { go(`${paths.segmentNew()}?type=${kind}${from ? `&start=${from}` : ''}`); };
  const card = (key: string, label: string, text: string) => (
    <Paper key={key} component="button" type="button" className={css.start ?? ''} onClick={() => { start(key); }}>
      <Text fw={550}>{label}</Text><Text size="xs" c="dimmed">{text}</Text>
    </Paper>
  );
  return (
    <Section title="Start from" text="Everything can be changed afterwards.">
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {card('', 'Blank', 'Everybody, then narrow down')}
        {examples.map((e) => card(e.key, e.label, e.text))}
        {others.map((s) => card(String(s.id), s.name, 'the rules of this segment'))}
      </SimpleGrid>
    </Section>
  );
}

function StaticForm({ databaseId }: { databaseId: number }) {
  const go = useGo();
  const [name, setName] = useState(''), [description, setDescription] = useState(''), [tags, setTags] = useState<string[]>([]), [error, setError] = useState('');
  const known = useSegmentTags(databaseId);
  const create = useAction({ refresh: [['segments']], run: (body: { name: string; description: string; tags: string[] }, { headers }) => ok(api.POST('/api/v1/segments', { body: { ...body, database_id: databaseId, type: 'static' }, headers })), onDone: (made) => { go(paths.segment(made.id)); } });
  const save = () => {
    if (name.trim() === '') { setError('Enter a name for the segment'); return; }
    create.mutate({ name: name.trim(), description, tags }, { onError: (problem) => { if (problem.errors[0]?.pointer === '/name') setError(problem.errors[0].message); else failToast(problem); } });
  };
  return (
    <Section title="The list" text="People are added on the next page, by the API or by an import.">
      <TextInput label="Name" value={name} error={error} onChange={(event) => { setName(event.currentTarget.value); setError(''); }} />
      <Textarea label="Description" value={description} autosize minRows={2} onChange={(event) => { setDescription(event.currentTarget.value); }} />
      <TagsField value={tags} onChange={setTags} known={known.map((t) => t.name)} />
      <Group><Button loading={create.isPending} onClick={save}>Create segment</Button></Group>
    </Section>
  );
}

/** First what kind, then the rules. */
export function SegmentNewPage() {
  const [type] = useSearchParam('type');
  const [start] = useSearchParam('start');
  const [kind, setKind] = useState<Kind>('dynamic');
  const database = useDatabase();
  const can = useCan('segments:create');
  if (!can) return <NeedRight title="New segment" crumbs={[{ label: 'Segments', href: paths.segments() }]} what="make segments" right="segments:create" />;
  if (!database) return <NeedDatabase title="New segment" crumbs={[{ label: 'Segments', href: paths.segments() }]} why="A segment finds people of a database." />;
  if (isKind(type) && type !== 'static') return <BuilderPage key={`${type}.${start ?? ''}`} kind={type} databaseId={database.id} start={start} />;
  return (
    <Page title="New segment" crumbs={[{ label: 'Segments', href: paths.segments() }]} facts={[`in ${database.name}`]} width="form"
      help={{ text: 'The kind cannot be changed afterwards. Dynamic segments answer anew each time; updatable ones are lists that their rules refill and that tell who came and went; static ones only change when somebody changes them.' }}>
      <Stack gap="md">
        <Radio.Group value={kind} onChange={(value) => { if (isKind(value)) setKind(value); }} label="What kind of segment?" description="Kind and database stay as they are chosen here.">
          <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm" mt="sm">
            {kinds.map((k) => (
              <Radio.Card key={k.value} value={k.value} className={css.kind ?? ''} aria-label={`${k.label}: ${k.text}`}>
                <Group gap="xs" wrap="nowrap"><Radio.Indicator /><k.icon size={18} aria-hidden="true" /><Text fw={550}>{k.label}</Text></Group>
                <Text mt={6}>{k.text}</Text>
                <Text size="xs" c="dimmed" mt={4}>{k.more}</Text>
              </Radio.Card>
            ))}
          </SimpleGrid>
        </Radio.Group>
        {kind === 'static' ? <StaticForm databaseId={database.id} /> : <StartFrom kind={kindOf(kind).value} databaseId={database.id} />}
      </Stack>
    </Page>
  );
}
