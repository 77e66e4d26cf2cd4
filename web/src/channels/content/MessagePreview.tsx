import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { Loaded, SkeletonText } from '@/kit';
import type { Mailing, TemplatePreview } from '@/messages/model';
import { useChannelOf, useChannelsComing } from '../model';
import { Bubble } from './Bubble';

/** A message of a channel of one's own, as somebody gets it. */
export function MessageBubble({ preview, channelKey, name }: { preview: TemplatePreview; channelKey: string; name: string }) {
  const channel = useChannelOf(channelKey), coming = useChannelsComing();
  if (preview.error) return <Alert color="marigold" title="Not without a person">{preview.error}</Alert>;
  if (coming) return <SkeletonText />;
  const shape = channel?.definition.content ?? Object.keys(preview.fields).map((key) => ({ key, label: key, type: 'long_text' as const, required: false, max_length: null, options: [], help: '' }));
  return <Bubble fields={shape} values={preview.fields} name={name} from={channel?.name ?? channelKey} />;
}

/** The message of a mailing as it was saved, for nobody in particular. */
export function MailingMessage({ mailing }: { mailing: Mailing }) {
  const query = useQuery({
    queryKey: ['mailings', mailing.id, 'preview', mailing.updated_at], enabled: mailing.template_id !== null,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/mailings/{mailing_id}/preview', { params: { path: { mailing_id: mailing.id } }, body: {}, signal })),
  });
  if (mailing.template_id === null) return null;
  return <Loaded query={query} what="the preview">{(preview) => <MessageBubble preview={preview} channelKey={mailing.channel} name="Message" />}</Loaded>;
}
