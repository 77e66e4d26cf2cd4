import { Alert, Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { MessageBubble } from '@/channels/content/MessagePreview';
import { Loaded } from '@/kit';
import { MailFrame } from '../MailFrame';
import type { Mailing } from '../model';
import { letter } from './model';
import css from './variants.module.css';

function VariantPreview({ mailing, variant }: { mailing: Mailing; variant: number }) {
  const query = useQuery({
    queryKey: ['mailings', mailing.id, 'variant', variant, mailing.updated_at],
    queryFn: ({ signal }) => ok(api.POST('/api/v1/mailings/{mailing_id}/variants/{variant}/preview', { params: { path: { mailing_id: mailing.id, variant } }, body: {}, signal })),
  });
  const name = `Variant ${letter(variant)}`;
  return (
    <div className={css.preview} role="group" aria-label={name}>
      <Loaded query={query} what={name}>
        {(preview) => (
          <Stack gap="xs">
            <Text><Text span fw={650}>{letter(variant)}</Text>{mailing.channel === 'email' && <> · {preview.subject || 'No subject'}</>}</Text>
            {mailing.channel !== 'email' ? <MessageBubble preview={preview} channelKey={mailing.channel} name={name} /> : preview.error ? <Alert color="marigold" title="Not without a person">{preview.error}</Alert> : <MailFrame html={preview.html} title={name} />}
          </Stack>
        )}
      </Loaded>
    </div>
  );
}

/** The saved variants beside each other. */
export function SideBySide({ mailing, unsaved }: { mailing: Mailing; unsaved: boolean }) {
  const [shown, setShown] = useState(false);
  const saved = mailing.split?.variants ?? [];
  if (saved.length === 0) return <Text size="sm" c="dimmed">Save the mailing to see its variants beside each other.</Text>;
  return (
    <Stack gap="sm">
      <div><Button variant="default" aria-expanded={shown} onClick={() => { setShown(!shown); }}>{shown ? 'Hide the previews' : 'Compare the variants'}</Button></div>
      {shown && unsaved && <Text size="sm" c="dimmed">As they were saved last; what you have changed since is not in the pictures yet.</Text>}
      {shown && <div className={css.previews}>{saved.map((_, n) => <VariantPreview key={n} mailing={mailing} variant={n + 1} />)}</div>}
    </Stack>
  );
}
