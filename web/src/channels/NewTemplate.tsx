import { Group, Radio, SimpleGrid, Text, TextInput } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { AppForm, paths, useAppForm, useGo } from '@/kit';
import segmentCss from '@/segments/segments.module.css';
import { iconOf, useChannels } from './model';

interface Values extends Record<string, unknown> { channel: string; name: string }

/** Which channel a new template is for: its fields depend on it, so it stays as it is chosen here. */
export function NewTemplate({ starter, onCancel }: { starter: string; onCancel: () => void }) {
  const channels = useChannels(), database = useDatabase(), go = useGo();
  const form = useAppForm<Values>({ initialValues: { channel: 'email', name: '' }, check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the template' }) });
  const make = useAction({
    refresh: [['templates']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/templates', { body: { name: v.name.trim(), database_id: database?.id ?? null, channel: v.channel, ...(v.channel === 'email' ? { format: 'mjml' as const, body: starter } : {}) }, headers })),
  });
  const cards = [{ key: 'email', name: 'E-mail', text: 'Subject, design and text of a mail', icon: IconMail }, ...channels.map((c) => ({ key: c.key, name: c.name, text: c.definition.content.map((f) => f.label).join(', '), icon: iconOf(c) }))];
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make template" onCancel={onCancel} onSave={async (v) => { go(paths.template((await make.mutateAsync(v)).id)); }}>
      <TextInput label="Name" description="People do not see it" {...form.form.getInputProps('name')} />
      <Radio.Group label="Channel" description="A template is for one channel, and stays with it." {...form.form.getInputProps('channel')}>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" mt="sm">
          {cards.map((card) => (
            <Radio.Card key={card.key} value={card.key} className={segmentCss.kind ?? ''} aria-label={`${card.name}: ${card.text}`}>
              <Group gap="xs" wrap="nowrap"><Radio.Indicator /><card.icon size={18} aria-hidden="true" /><Text fw={550}>{card.name}</Text></Group>
              <Text mt={6} size="sm" c="dimmed" lineClamp={2}>{card.text}</Text>
            </Radio.Card>
          ))}
        </SimpleGrid>
      </Radio.Group>
    </AppForm>
  );
}
