import { Alert, Button, Group, Radio, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconKey, IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { AppForm, Copyable, Loaded, paths, useAppForm, useGo } from '@/kit';
import segmentCss from '@/segments/segments.module.css';
import { blank, iconOf, refresh } from './model';
import { keyOf } from './words';

type Preset = components['schemas']['ChannelPreset'];
type Made = components['schemas']['ChannelMade'];
interface Values extends Record<string, unknown> { preset: string; name: string; key: string }

const scratch = 'scratch';

function Start({ presets, value, onChange }: { presets: readonly Preset[]; value: string; onChange: (preset: string) => void }) {
  const cards = [...presets.map((p) => ({ value: p.preset, label: p.name, text: p.description, icon: iconOf(p) })), { value: scratch, label: 'From scratch', text: 'A request of your own, built step by step.', icon: IconPencil }];
  return (
    <Radio.Group label="Start from" description="A preset is a ready definition; afterwards everything in it can be changed." value={value} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" mt="sm">
        {cards.map((card) => (
          <Radio.Card key={card.value} value={card.value} className={segmentCss.kind ?? ''} aria-label={`${card.label}: ${card.text}`}>
            <Group gap="xs" wrap="nowrap"><Radio.Indicator /><card.icon size={18} aria-hidden="true" /><Text fw={550}>{card.label}</Text></Group>
            <Text mt={6} size="sm" c="dimmed">{card.text}</Text>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

/** The address that the provider tells events at, shown this once. */
function Ready({ made, guide }: { made: Made; guide: string }) {
  const go = useGo();
  return (
    <Stack gap="md">
      {guide && <Text>{guide}</Text>}
      {made.inbound_url && (
        <Alert color="marigold" icon={<IconKey size={18} />} title="The address for events back: copy it now">
          <Copyable value={made.inbound_url} label="Copy the address" />
          <Text size="sm" mt={4}>The provider tells there what became of messages. It is not shown again; a new one can be made at any time.</Text>
        </Alert>
      )}
      <Group><Button onClick={() => { go(paths.channel(made.channel.id)); }}>Set up {made.channel.name}</Button></Group>
    </Stack>
  );
}

function NewForm({ presets, onMade, onCancel }: { presets: readonly Preset[]; onMade: (made: Made, guide: string) => void; onCancel: () => void }) {
  const first = presets[0];
  const form = useAppForm<Values>({
    initialValues: { preset: first?.preset ?? scratch, name: first?.name ?? '', key: first?.key ?? '' },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the channel', key: /^[a-z][a-z0-9_]{1,39}$/.test(v.key) ? null : 'Two small letters or more, digits and _, a letter first' }),
  });
  const { form: f } = form;
  const chosen = presets.find((p) => p.preset === f.values.preset);
  const make = useAction({
    refresh,
    run: (v: Values, { headers }) => (v.preset === scratch
      ? ok(api.POST('/api/v1/channels', { body: { key: v.key, name: v.name.trim(), definition: blank, icon: 'message', description: '', settings: {} }, headers }))
      : ok(api.POST('/api/v1/channels/presets', { body: { preset: v.preset, key: v.key, name: v.name.trim(), settings: {} }, headers }))),
  });
  const choose = (preset: string) => {
    const found = presets.find((p) => p.preset === preset);
    f.setValues({ preset, name: found?.name ?? '', key: found?.key ?? '' });
    f.clearErrors();
  };
  const name = f.getInputProps('name') as { onBlur?: () => void };
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make channel" onCancel={onCancel} onSave={async (v) => { onMade(await make.mutateAsync(v), chosen?.guide ?? ''); }}>
      <Start presets={presets} value={f.values.preset} onChange={choose} />
      <TextInput label="Name" description="Such as Telegram or Text messages" {...name} onBlur={() => { if (!f.values.key) f.setFieldValue('key', keyOf(f.values.name)); name.onBlur?.(); }} />
      <TextInput label="Key" description="What subscriptions, events and the API call it; it never changes" spellCheck={false} {...f.getInputProps('key')} />
    </AppForm>
  );
}

/** Makes a channel from a preset or from scratch. */
export function NewChannel({ onCancel }: { onCancel: () => void }) {
  const [made, setMade] = useState<{ made: Made; guide: string } | null>(null);
  const query = useQuery({ queryKey: ['channels', 'presets'], staleTime: Infinity, queryFn: ({ signal }) => ok(api.GET('/api/v1/channels/presets', { signal })) });
  if (made) return <Ready {...made} />;
  return <Loaded query={query} what="the presets">{({ items }) => <NewForm presets={items} onCancel={onCancel} onMade={(found, guide) => { setMade({ made: found, guide }); }} />}</Loaded>;
}
