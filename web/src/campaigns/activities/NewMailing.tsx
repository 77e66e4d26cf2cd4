import { Select, Text, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { channelChoices, useChannels } from '@/channels/model';
import { AppForm, paths, useAppForm, useGo } from '@/kit';
import { KindCards } from '@/messages/KindCards';
import type { MailingType } from '@/messages/kinds';
import { isOpen, type Campaign } from '../model';

interface Values extends Record<string, unknown> { type: MailingType; channel: string; name: string }

/** Makes a mailing inside the campaign, of any kind; the rest is set on its own page. */
export function NewMailing({ campaign, onClose }: { campaign: Campaign; onClose: () => void }) {
  const go = useGo();
  const channels = useChannels();
  const form = useAppForm<Values>({
    initialValues: { type: 'broadcast', channel: 'email', name: '' },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the mailing' }), paths: { 'new.name': 'name', 'new.type': 'type', 'new.channel': 'channel' },
  });
  const placed = form.form.values.type === 'placement';
  const make = useAction({
    refresh: [['campaigns'], ['mailings']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/activities', {
      params: { path: { campaign_id: campaign.id } }, body: { kind: 'mailing', new: { name: v.name.trim(), type: v.type, channel: placed ? 'email' : v.channel } }, headers,
    })),
    onDone: (made) => { go(paths.mailing(made.id)); },
  });
  if (!isOpen(campaign)) return <Text c="dimmed">This campaign is over: nothing can be added to it.</Text>;
  return (
    <AppForm state={form} mode="create" saveLabel="Make mailing" onCancel={onClose} onSave={(v) => make.mutateAsync(v)}>
      <TextInput label="Name" description="People do not see it" {...form.form.getInputProps('name')} />
      <KindCards single value={form.form.values.type} onChange={(type) => { form.form.setFieldValue('type', type); }} />
      {channels.length > 0 && !placed && <Select label="Channel" allowDeselect={false} data={channelChoices(channels)} {...form.form.getInputProps('channel')} />}
      <Text size="xs" c="dimmed">It goes to people of {campaign.name} only{campaign.control ? ', never to those who are kept back' : ''}. Who of them, and what it says, is set on its own page.</Text>
    </AppForm>
  );
}
