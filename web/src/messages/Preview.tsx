import { Alert, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconFile, IconLink, IconX } from '@tabler/icons-react';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { formatCount, Loaded, ToneBadge } from '@/kit';
import { MailFrame } from './MailFrame';
import type { TemplatePreview } from './model';
import type { Content } from './useAutosave';

function Facts({ preview }: { preview: TemplatePreview }) {
  const leaves = ['links.unsubscribe', 'links.preferences', 'preferences_url'].some((link) => preview.uses.includes(link)) || preview.html.includes('unsubscribe');
  const confirms = preview.uses.includes('confirm_url');
  const kilobytes = preview.size / 1024;
  return (
    <Group gap="xs">
      <ToneBadge tone={kilobytes > 102 ? 'marigold' : 'gray'} icon={kilobytes > 102 ? IconAlertTriangle : IconFile}>{kilobytes.toFixed(0)} KB</ToneBadge>
      <ToneBadge icon={IconLink}>{formatCount(preview.links.length, 'link', 'links')}</ToneBadge>
      <ToneBadge tone={leaves || confirms ? 'moss' : 'clay'} icon={leaves || confirms ? IconCheck : IconX}>{confirms ? 'asks to confirm' : leaves ? 'can unsubscribe' : 'no unsubscribe link'}</ToneBadge>
    </Group>
  );
}

/** The message as somebody would get it, made by the server while one writes. */
export function Preview({ content, databaseId, profileId, view, ready }: { content: Content; databaseId: number | null; profileId: number | null; view: string; ready: boolean }) {
  const [asked] = useDebouncedValue(content, 350);
  const query = useQuery({
    queryKey: ['templates', 'preview', asked, databaseId, profileId], placeholderData: keepPreviousData, gcTime: 10_000, enabled: ready,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/templates/preview', {
      body: { database_id: databaseId, profile_id: profileId, format: asked.format, subject: asked.subject, preheader: asked.preheader, body: asked.body, text: asked.text }, signal,
    })),
  });
  return (
    <Loaded query={query} what="the preview">
      {(preview) => (
        <Stack gap="xs">
          <div><Text fw={650}>{preview.subject || 'No subject yet'}</Text>{preview.preheader && <Text c="dimmed" size="xs">{preview.preheader}</Text>}</div>
          {preview.error && <Alert color="clay" title={profileId === null ? 'Without a person this cannot be shown' : 'This person would get nothing'}>{preview.error}</Alert>}
          {view === 'text' ? <Code block style={{ whiteSpace: 'pre-wrap' }}>{preview.text}</Code>
            : preview.html && <MailFrame html={preview.html} title="Preview" dark={view === 'dark'} {...(view === '375' ? { width: 375 } : {})} />}
          {preview.html && <Facts preview={preview} />}
        </Stack>
      )}
    </Loaded>
  );
}
