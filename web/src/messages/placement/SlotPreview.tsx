import { Alert, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { Loaded } from '@/kit';
import { MailFrame } from '../MailFrame';
import type { Mailing } from '../model';
import type { Slot } from './model';

/** The content as somebody sees it in the slot, at the slot's width. */
export function SlotPreview({ mailing, slot, unsaved = false }: { mailing: Mailing; slot: Slot | undefined; unsaved?: boolean }) {
  const [chosen, choose] = useState<string | null>();
  const id = mailing.template_id;
  const sampled = useQuery({
    queryKey: ['templates', id, 'samples', mailing.database_id], enabled: id !== null,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/templates/{template_id}/samples', { params: { path: { template_id: id ?? 0 }, query: { database: mailing.database_id } }, signal })),
  });
  const samples = sampled.data?.items ?? [];
  const person = chosen === undefined ? samples[0]?.profile_id ?? null : chosen === null ? null : Number(chosen);
  const query = useQuery({
    queryKey: ['mailings', mailing.id, 'preview', mailing.updated_at, person], enabled: id !== null && !sampled.isLoading,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/mailings/{mailing_id}/preview', { params: { path: { mailing_id: mailing.id } }, body: { profile_id: person }, signal })),
  });
  if (id === null) return null;
  const width = slot?.width ?? undefined;
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed">{slot ? `In ${slot.name}${width ? `, ${width} pixels wide` : ''}` : mailing.placement?.slot_id ? '…' : 'Without a slot'}{unsaved && ' · as it was saved last'}</Text>
        <Select aria-label="Preview as" placeholder="Nobody in particular" clearable searchable w={200} value={person === null ? null : String(person)} onChange={choose} data={samples.map((s) => ({ value: String(s.profile_id), label: s.name }))} />
      </Group>
      <Loaded query={query} what="the preview">
        {(preview) => (preview.error ? <Alert color="marigold" title={person === null ? 'Without a person this cannot be shown' : 'This person would see nothing'}>{preview.error}</Alert> : <MailFrame html={preview.html} title="Preview" height={240} {...(width ? { width } : {})} />)}
      </Loaded>
    </Stack>
  );
}
