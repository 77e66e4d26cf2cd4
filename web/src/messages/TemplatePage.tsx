import { Alert, Anchor, Button, Group, SegmentedControl, Select, SimpleGrid, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { CodeEditor, Conflict, differencesOf, doneToast, failToast, LeaveGuard, Loaded, named, Page, paths, Section, SideDrawer, StateBadge, Time, useAnnounce, useDrawer, useIdParam, type EditorHandle } from '@/kit';
import { ChannelTemplate } from '@/channels/content/MessageEditor';
import { Attachments } from './content/Attachments';
import { FeedPick } from './content/FeedPick';
import { Insert } from './content/Insert';
import { NewerFragments } from './content/NewerFragments';
import type { Template } from './model';
import { Preview } from './Preview';
import { TestSend } from './TestSend';
import { contentOf, useAutosave, type Content } from './useAutosave';

const labels = { name: 'Name', subject: 'Subject', preheader: 'Preview line', body: 'Body', text: 'Plain text' };

function Editor({ template }: { template: Template }) {
  const [content, setContent] = useState(contentOf(template));
  const editor = useRef<EditorHandle | null>(null);
  const canUpdate = useCan('templates:update');
  const databases = useDatabases();
  const database = databases?.find((d) => d.id === template.database_id) ?? databases?.[0];
  const saved = useAutosave(template, content, canUpdate);
  useAnnounce(saved.words);
  const feed = useDrawer('feed');
  const [view, setView] = useState('640');
  const [later, setLater] = useState(false); // the conflict was put aside for now
  const [side, setSide] = useState<'write' | 'preview'>('write');
  const [chosen, setProfile] = useState<number | null>();
  const set = (change: Partial<Content>) => { setContent((before) => ({ ...before, ...change })); };
  const sampled = useQuery({
    queryKey: ['templates', template.id, 'samples', database?.id], enabled: database !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/templates/{template_id}/samples', { params: { path: { template_id: template.id }, query: { database: database?.id ?? 0 } }, signal })),
  });
  const samples = sampled.data?.items ?? [];
  const profile = chosen === undefined ? samples[0]?.profile_id ?? null : chosen; // somebody real, until another choice is made
  const at = samples.findIndex((s) => s.profile_id === profile);
  const step = (by: number) => { const next = samples[(at + by + samples.length) % samples.length]; if (next) setProfile(next.profile_id); };
  const words = (database?.fields ?? []).map((f) => `profile.${f.name}`);
  return (
    <Stack>
      <LeaveGuard dirty={saved.unsaved} onSave={saved.flush} />
      {saved.conflict && (later
        ? <Alert color="marigold" title="Not saved">{saved.conflict.words}. <Anchor component="button" type="button" inherit onClick={() => { setLater(false); }}>Compare</Anchor></Alert>
        : <Conflict words={saved.conflict.words} at={saved.conflict.theirs.updated_at} differences={differencesOf(contentOf(saved.conflict.theirs), content, labels)}
            onTheirs={() => { setContent(contentOf(saved.conflict?.theirs ?? template)); saved.take(); }} onMine={saved.keep} onClose={() => { setLater(true); }} />)}
      <NewerFragments template={template} canUpdate={canUpdate} />
      <SideDrawer name="feed" title="Insert a value of a feed">{(key) => <FeedPick feedKey={key} onPick={(text) => { editor.current?.insert(text); feed.close(); }} />}</SideDrawer>
      <SegmentedControl hiddenFrom="lg" fullWidth aria-label="Side" value={side} onChange={(value) => { setSide(value === 'preview' ? 'preview' : 'write'); }} data={[{ value: 'write', label: 'Write' }, { value: 'preview', label: 'Preview' }]} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Stack {...(side === 'write' ? {} : { visibleFrom: 'lg' as const })}>
          <Section>
            <TextInput label="Name" value={content.name} readOnly={!canUpdate} onChange={(e) => { set({ name: e.currentTarget.value }); }} error={content.name.trim() ? null : 'Enter a name for the template'} />
            <TextInput label="Subject" value={content.subject} readOnly={!canUpdate} onChange={(e) => { set({ subject: e.currentTarget.value }); }} />
            <TextInput label="Preview line" description="Shown after the subject in the inbox" value={content.preheader} readOnly={!canUpdate} onChange={(e) => { set({ preheader: e.currentTarget.value }); }} />
          </Section>
          <Tabs defaultValue="body" keepMounted={false}>
            <Tabs.List><Tabs.Tab value="body">{content.format === 'mjml' ? 'MJML' : 'HTML'}</Tabs.Tab><Tabs.Tab value="text">Plain text</Tabs.Tab></Tabs.List>
            <Tabs.Panel value="body" pt="sm">
              <Stack gap="xs">
                {canUpdate && <Insert format={content.format} databaseId={database?.id} onInsert={(text) => editor.current?.insert(text)} onFeed={feed.open} />}
                <CodeEditor bare label="Body" language={content.format} value={content.body} height={480} readOnly={!canUpdate} completions={words} onReady={(handle) => { editor.current = handle; }} onChange={(body) => { set({ body }); }}
                  problems={saved.problems.filter((p) => p.line && (p.part ?? 'body') === 'body').map((p) => ({ line: p.line ?? 1, message: p.message, severity: p.severity }))} />
              </Stack>
            </Tabs.Panel>
            <Tabs.Panel value="text" pt="sm"><CodeEditor label="Plain text" description="Made from the body when empty" language="text" value={content.text} height={300} readOnly={!canUpdate} onChange={(text) => { set({ text }); }} /></Tabs.Panel>
          </Tabs>
          <Text size="xs" c="dimmed">{saved.words}</Text>
          <Problems problems={saved.problems} onJump={(line) => editor.current?.goTo(line)} />
          <Attachments template={template} canUpdate={canUpdate} />
        </Stack>
        <Stack {...(side === 'preview' ? {} : { visibleFrom: 'lg' as const })}>
          <Group justify="space-between" gap="xs">
            <SegmentedControl aria-label="View" value={view} onChange={setView} data={[{ value: '640', label: 'Desktop' }, { value: '375', label: 'Phone' }, { value: 'dark', label: 'Dark' }, { value: 'text', label: 'Text' }]} />
            <Group gap={4} wrap="nowrap">
              <Select aria-label="Preview as" placeholder="Nobody in particular" clearable searchable w={190} value={profile === null ? null : String(profile)} onChange={(value) => { setProfile(value ? Number(value) : null); }}
                data={samples.map((s) => ({ value: String(s.profile_id), label: s.missing.length > 0 ? `${s.name} (no ${s.missing[0] ?? ''})` : s.name }))} />
              <Button variant="default" px={8} aria-label="Previous person" disabled={samples.length === 0} onClick={() => { step(-1); }}>‹</Button>
              <Button variant="default" px={8} aria-label="Next person" disabled={samples.length === 0} onClick={() => { step(1); }}>›</Button>
            </Group>
          </Group>
          <Preview content={content} databaseId={database?.id ?? null} profileId={profile} view={view} ready={databases !== undefined && !sampled.isLoading} />
        </Stack>
      </SimpleGrid>
    </Stack>
  );
}

function Problems({ problems, onJump }: { problems: Template['problems']; onJump: (line: number) => void }) {
  if (problems.length === 0) return <Text c="dimmed" size="xs">No problems found.</Text>;
  return (
    <Section title={`Problems (${problems.length})`}>
      <Stack gap={6} component="ul" pl="md" m={0}>
        {problems.map((p) => {
          const line = p.line;
          return <li key={`${p.code}${line ?? ''}${p.message}`}>{line ? <Button variant="subtle" size="compact-sm" onClick={() => { onJump(line); }}>Line {line}</Button> : null} {p.message}</li>;
        })}
      </Stack>
    </Section>
  );
}

/** The editor of a template: what is written left, what people get right. */
export function TemplatePage() {
  const id = useIdParam('templateId');
  const drawer = useDrawer('test');
  const canUpdate = useCan('templates:update'), canRun = useCan('mailings:run');
  const query = useQuery({ queryKey: ['templates', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/templates/{template_id}', { params: { path: { template_id: id } }, signal })), refetchOnWindowFocus: false });
  const template = query.data;
  const fresh = Boolean(template?.published_number) && !template?.unpublished_changes;
  const publish = useAction({
    refresh: [['templates']],
    run: (_: null, { headers }) => ok(api.POST('/api/v1/templates/{template_id}/publish', { params: { path: { template_id: id } }, headers })),
    onDone: (made) => { doneToast(`Version ${made.published_number ?? 1} is published`); },
  });
  return (
    <Page title={named(query, (found) => found.name, 'Template')} crumbs={[{ label: 'Templates', href: paths.templates() }]}
      badges={template && (template.published_number ? <StateBadge state="published" label={`Version ${template.published_number}`} /> : <StateBadge state="draft" />)}
      facts={template ? [template.unpublished_changes && template.published_number ? 'changed since it was published' : null, template.published_at && <>published <Time key="p" value={template.published_at} /></>] : []}
      primary={template && canUpdate ? { label: `Publish version ${(template.published_number ?? 0) + 1}`, ...(fresh ? { disabled: true, reason: `Nothing changed since version ${template.published_number ?? 1}` } : {}), onClick: () => { publish.mutate(null, { onError: failToast }); } } : undefined}
      secondary={template && canRun ? [{ label: 'Send test', onClick: () => { drawer.open('mail'); } }] : []}>
      <Loaded query={query} what="the template">{(found) => (found.channel === 'email' ? <Editor key={found.id} template={found} /> : <ChannelTemplate template={found} />)}</Loaded>
      <SideDrawer name="test" title="Send a test">{() => (template ? <TestSend templateId={template.id} channelKey={template.channel} databaseId={template.database_id} profileId={null} onCancel={drawer.close} /> : null)}</SideDrawer>
    </Page>
  );
}
