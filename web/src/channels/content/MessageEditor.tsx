import { Alert, Anchor, Button, Group, List, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconLink } from '@tabler/icons-react';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useCan } from '@/api/session';
import { AppLink, Conflict, differencesOf, formatCount, LeaveGuard, Loaded, paths, Section, ToneBadge, useAnnounce } from '@/kit';
import type { Template } from '@/messages/model';
import { contentOf, useAutosave, type Content } from '@/messages/useAutosave';
import type { Channel } from '../model';
import { Bubble } from './Bubble';
import { problemsOf, variablesOf } from './fields';
import { MessageFields } from './MessageFields';

const labels = { name: 'Name', fields: 'Message' } as const;

/** The message as somebody would get it, made by the server while one writes. */
function useMessagePreview(template: Template, fields: Record<string, string>, databaseId: number | null, profileId: number | null, ready: boolean) {
  const [asked] = useDebouncedValue(JSON.stringify(fields), 350);
  return useQuery({
    queryKey: ['templates', 'preview', template.channel, asked, databaseId, profileId], placeholderData: keepPreviousData, gcTime: 10_000, enabled: ready,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/templates/preview', { body: { channel: template.channel, fields: JSON.parse(asked) as Record<string, string>, database_id: databaseId, profile_id: profileId }, signal })),
  });
}

/** Whom the message is looked at as: some who have everything, some who lack a field. */
function useSamples(template: Template, databaseId: number | undefined) {
  const query = useQuery({
    queryKey: ['templates', template.id, 'samples', databaseId], enabled: databaseId !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/templates/{template_id}/samples', { params: { path: { template_id: template.id }, query: { database: databaseId ?? 0 } }, signal })),
  });
  const [chosen, choose] = useState<number | null>();
  const people = query.data?.items ?? [];
  const profile = chosen === undefined ? people[0]?.profile_id ?? null : chosen;
  const at = people.findIndex((p) => p.profile_id === profile);
  const step = (by: number) => { const next = people[(at + by + people.length) % people.length]; if (next) choose(next.profile_id); };
  return { people, profile, choose, step, ready: !query.isLoading };
}

/** The editor of a template whose channel is a definition: its fields left, what somebody gets right. */
export function MessageEditor({ template, channel }: { template: Template; channel: Channel }) {
  const [content, setContent] = useState(contentOf(template));
  const canUpdate = useCan('templates:update');
  const databases = useDatabases();
  const database = databases?.find((d) => d.id === template.database_id) ?? databases?.[0];
  const saved = useAutosave(template, content, canUpdate);
  useAnnounce(saved.words);
  const [later, setLater] = useState(false); // the conflict was put aside for now
  const [side, setSide] = useState<'write' | 'preview'>('write');
  const { people, profile, choose, step, ready } = useSamples(template, database?.id);
  const set = (change: Partial<Content>) => { setContent((before) => ({ ...before, ...change })); };
  const shape = channel.definition.content;
  const preview = useMessagePreview(template, content.fields, database?.id ?? null, profile, databases !== undefined && ready);
  const { byField, rest } = problemsOf(preview.data?.problems ?? saved.problems, shape.map((f) => f.key));
  return (
    <Stack>
      <LeaveGuard dirty={saved.unsaved} onSave={saved.flush} />
      {saved.conflict && (later
        ? <Alert color="marigold" title="Not saved">{saved.conflict.words}. <Anchor component="button" type="button" inherit onClick={() => { setLater(false); }}>Compare</Anchor></Alert>
        : <Conflict words={saved.conflict.words} at={saved.conflict.theirs.updated_at} differences={differencesOf(contentOf(saved.conflict.theirs), content, labels)}
            onTheirs={() => { setContent(contentOf(saved.conflict?.theirs ?? template)); saved.take(); }} onMine={saved.keep} onClose={() => { setLater(true); }} />)}
      <SegmentedControl hiddenFrom="lg" fullWidth aria-label="Side" value={side} onChange={(value) => { setSide(value === 'preview' ? 'preview' : 'write'); }} data={[{ value: 'write', label: 'Write' }, { value: 'preview', label: 'Preview' }]} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Stack {...(side === 'write' ? {} : { visibleFrom: 'lg' as const })}>
          <Section>
            <TextInput label="Name" value={content.name} readOnly={!canUpdate} onChange={(e) => { set({ name: e.currentTarget.value }); }} error={content.name.trim() ? null : 'Enter a name for the template'} />
          </Section>
          <Section title={`Message by ${channel.name}`}>
            <MessageFields fields={shape} values={content.fields} rendered={preview.data?.error ? undefined : preview.data?.fields} problems={byField} tokens={variablesOf(database?.fields ?? [])} readOnly={!canUpdate}
              onChange={(key, value) => { setContent((before) => ({ ...before, fields: { ...before.fields, [key]: value } })); }} />
          </Section>
          <Text size="xs" c="dimmed">{saved.words}</Text>
          {rest.length > 0 && <Section title={`Problems (${rest.length})`}><List size="sm">{rest.map((p) => <List.Item key={p.code + p.message}>{p.message}</List.Item>)}</List></Section>}
        </Stack>
        <Stack {...(side === 'preview' ? {} : { visibleFrom: 'lg' as const })}>
          <Group gap={4} wrap="nowrap" justify="flex-end">
            <Select aria-label="Preview as" placeholder="Nobody in particular" clearable searchable w={220} value={profile === null ? null : String(profile)} onChange={(value) => { choose(value ? Number(value) : null); }}
              data={people.map((s) => ({ value: String(s.profile_id), label: s.missing.length > 0 ? `${s.name} (no ${s.missing[0] ?? ''})` : s.name }))} />
            <Button variant="default" px={8} aria-label="Previous person" disabled={people.length === 0} onClick={() => { step(-1); }}>‹</Button>
            <Button variant="default" px={8} aria-label="Next person" disabled={people.length === 0} onClick={() => { step(1); }}>›</Button>
          </Group>
          <Loaded query={preview} what="the preview">
            {(made) => (
              <Stack gap="sm">
                {made.error && <Alert color="clay" title={profile === null ? 'Without a person this cannot be shown' : 'This person would get nothing'}>{made.error}</Alert>}
                <Bubble fields={shape} values={made.fields} name="Preview" from={`${channel.name} · to the ${channel.definition.contact.label.toLowerCase()} of ${people.find((p) => p.profile_id === profile)?.name ?? 'a person'}`} />
                <Group gap="xs" justify="center">
                  <ToneBadge icon={IconLink}>{formatCount(made.links.length, 'link', 'links')}</ToneBadge>
                  {made.problems.some((p) => p.severity === 'error') ? <ToneBadge tone="clay" icon={IconAlertTriangle}>not ready to publish</ToneBadge> : <ToneBadge tone="moss" icon={IconCheck}>ready to publish</ToneBadge>}
                </Group>
              </Stack>
            )}
          </Loaded>
          <Text size="xs" c="dimmed" ta="center">What a message consists of is set by the channel. <AppLink href={paths.channel(channel.id)}>Open {channel.name}</AppLink></Text>
        </Stack>
      </SimpleGrid>
    </Stack>
  );
}

/** Loads the channel of a template, archived ones too, before its editor opens. */
export function ChannelTemplate({ template }: { template: Template }) {
  const query = useQuery({
    queryKey: ['channels', 'of', template.channel],
    queryFn: async ({ signal }) => {
      for (const archived of [false, true]) {
        const found = (await ok(api.GET('/api/v1/channels', { params: { query: { limit: 1000, archived } }, signal }))).items.find((c) => c.key === template.channel);
        if (found) return found;
      }
      return null;
    },
  });
  return (
    <Loaded query={query} what="the channel of the template">
      {(channel) => (channel ? <MessageEditor key={template.id} template={template} channel={channel} /> : <Alert color="clay" title="Its channel cannot be found">This template is for the channel {template.channel}, which this installation does not have.</Alert>)}
    </Loaded>
  );
}
