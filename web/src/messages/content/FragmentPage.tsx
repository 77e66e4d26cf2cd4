import { Alert, Button, Group, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { useCan } from '@/api/session';
import { CodeEditor, Copyable, doneToast, failToast, LeaveGuard, Loaded, named, Page, paths, SaveBar, Section, StateBadge, Time, useIdParam, type EditorHandle } from '@/kit';
import { MailFrame } from '../MailFrame';
import { FragmentUses } from './FragmentUses';
import { Insert } from './Insert';
import { formatWords, including, type Fragment } from './model';

function Alone({ fragment, body }: { fragment: Fragment; body: string }) {
  const database = useDatabase();
  const [asked] = useDebouncedValue(body, 350);
  const [dark, setDark] = useState('light');
  const query = useQuery({
    queryKey: ['fragments', 'preview', fragment.key, fragment.format, asked, database?.id], placeholderData: keepPreviousData, gcTime: 10_000,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/fragments/preview', { body: { key: fragment.key, format: fragment.format, body: asked, database_id: database?.id ?? null }, signal })),
  });
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs"><Text fw={650}>By itself</Text><SegmentedControl size="xs" aria-label="View" value={dark} onChange={setDark} data={[{ value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }]} /></Group>
      <Loaded query={query} what="the preview">
        {(preview) => (
          <Stack gap="xs">
            {preview.error && <Alert color="marigold" title="Without a person this cannot be shown">{preview.error}</Alert>}
            {preview.html && <MailFrame html={preview.html} title="Preview" dark={dark === 'dark'} height={360} />}
            {preview.problems.map((p, n) => <Text key={n} size="sm" c={p.severity === 'error' ? 'clay' : 'dimmed'}>{p.line ? `Line ${p.line}: ` : ''}{p.message}</Text>)}
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}

function Editor({ fragment }: { fragment: Fragment }) {
  const [text, setText] = useState({ name: fragment.name, body: fragment.body });
  const [fault, setFault] = useState<string | null>(null);
  const editor = useRef<EditorHandle | null>(null);
  const database = useDatabase();
  const canUpdate = useCan('templates:update') && fragment.archived_at === null;
  const dirty = text.name.trim() !== fragment.name || text.body !== fragment.body;
  const words = (database?.fields ?? []).map((f) => `profile.${f.name}`);
  const save = useAction({
    refresh: [['fragments'], ['templates']],
    run: (_: null, { headers }) => ok(api.PATCH('/api/v1/fragments/{fragment_id}', { params: { path: { fragment_id: fragment.id } }, body: { name: text.name.trim(), body: text.body, version: fragment.version }, headers })),
    onDone: (made) => { setFault(null); doneToast(made.version === fragment.version ? 'Saved' : `Version ${made.version} is saved`); },
  });
  const store = async () => {
    try {
      await save.mutateAsync(null);
      return true;
    } catch (error) {
      const problem = toProblem(error);
      setFault(problem.errors[0]?.message ?? problem.detail);
      return false;
    }
  };
  return (
    <Stack>
      <LeaveGuard dirty={() => dirty} onSave={store} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Stack>
          <Section>
            <TextInput label="Name" value={text.name} readOnly={!canUpdate} error={text.name.trim() ? null : 'Enter a name for the fragment'} onChange={(e) => { const name = e.currentTarget.value; setText((t) => ({ ...t, name })); }} />
            <div><Text size="sm" fw={500}>In templates</Text><Copyable value={including(fragment.key)} /></div>
          </Section>
          {canUpdate && <Insert format={fragment.format} databaseId={database?.id} onInsert={(inserted) => editor.current?.insert(inserted)} />}
          <CodeEditor bare label="Body" language={fragment.format} value={text.body} height={400} readOnly={!canUpdate} completions={words} onReady={(handle) => { editor.current = handle; }}
            onChange={(body) => { setText((t) => ({ ...t, body })); }} problems={fragment.problems.filter((p) => p.line).map((p) => ({ line: p.line ?? 1, message: p.message, severity: p.severity }))} />
          {fault && <Alert color="clay" title="Not saved">{fault}</Alert>}
        </Stack>
        <Stack><Alone fragment={fragment} body={text.body} /><FragmentUses fragment={fragment} canUpdate={canUpdate} /></Stack>
      </SimpleGrid>
      {dirty && canUpdate && <SaveBar dirty changes={Number(text.name !== fragment.name) + Number(text.body !== fragment.body)} saving={save.isPending} saveLabel={text.body === fragment.body ? 'Save fragment' : `Save version ${fragment.version + 1}`} onSave={() => { void store(); }} onDiscard={() => { setText({ name: fragment.name, body: fragment.body }); setFault(null); }} />}
    </Stack>
  );
}

/** A fragment: what is written left, how it looks and where it is used right. */
export function FragmentPage() {
  const id = useIdParam('fragmentId');
  const canRestore = useCan('templates:update');
  const query = useQuery({ queryKey: ['fragments', id], refetchOnWindowFocus: false, queryFn: ({ signal }) => ok(api.GET('/api/v1/fragments/{fragment_id}', { params: { path: { fragment_id: id } }, signal })) });
  const found = query.data;
  const restore = useAction({ refresh: [['fragments']], run: (_: null, { headers }) => ok(api.POST('/api/v1/fragments/{fragment_id}/restore', { params: { path: { fragment_id: id } }, headers })) });
  return (
    <Page title={named(query, (f) => f.name, 'Fragment')} crumbs={[{ label: 'Templates', href: paths.templates() }, { label: 'Fragments', href: paths.fragments() }]} help={{ text: 'Every save is a version. Templates keep the one they were published with until you bring them up to date.', guide: 'content' }}
      badges={found && <StateBadge state={found.archived_at ? 'archived' : 'published'} label={found.archived_at ? 'Archived' : `Version ${found.version}`} />} facts={found ? [formatWords(found.format), <>changed <Time key="t" value={found.updated_at} /></>, found.description || null] : []}>
      {found?.archived_at && canRestore && <Group mb="md"><Button variant="default" size="xs" onClick={() => { restore.mutate(null, { onError: failToast }); }}>Restore</Button></Group>}
      <Loaded query={query} what="the fragment">{(fragment) => <Editor key={fragment.id} fragment={fragment} />}</Loaded>
    </Page>
  );
}
