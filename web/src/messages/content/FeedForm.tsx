import { ActionIcon, Button, Fieldset, Group, NumberInput, PasswordInput, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, Section, useAppForm } from '@/kit';
import { failures, keyFrom, type Feed } from './model';

interface Header { name: string; value: string; stored: boolean }
interface Values extends Record<string, unknown> {
  name: string; key: string; description: string; url: string; headers: Header[]; cache_minutes: number | string; timeout_seconds: number | string; on_failure: Feed['on_failure'];
}

const valuesOf = (feed?: Feed): Values => ({
  name: feed?.name ?? '', key: feed?.key ?? '', description: feed?.description ?? '', url: feed?.url ?? 'https://', headers: (feed?.header_names ?? []).map((name) => ({ name, value: '', stored: true })),
  cache_minutes: feed?.cache_minutes ?? 60, timeout_seconds: feed?.timeout_seconds ?? 5, on_failure: feed?.on_failure ?? 'last',
});

export const personal = (url: string) => /\{\{\s*profile\./.test(url);
const within = (value: number | string, least: number, most: number) => value !== '' && Number(value) >= least && Number(value) <= most;

function check(v: Values): Record<string, string | null> {
  const most = personal(v.url) ? 5 : 30;
  const faults: Record<string, string | null> = {
    name: v.name.trim() ? null : 'Enter a name for the feed',
    key: /^[a-z][a-z0-9_]*$/.test(v.key) ? null : 'Begin with a letter; use a to z, digits and _',
    url: /^https?:\/\/[^\s/{]+/.test(v.url.trim()) ? null : 'Enter an address, such as https://example.com/prices.json',
    cache_minutes: within(v.cache_minutes, 1, 10_080) ? null : 'Enter 1 to 10,080 minutes',
    timeout_seconds: within(v.timeout_seconds, 1, most) ? null : `Enter 1 to ${most} seconds`,
  };
  v.headers.forEach((row, n) => {
    if (!row.name.trim()) faults[`headers.${n}.name`] = 'Enter the name of the header';
    if (!row.stored && !row.value) faults[`headers.${n}.value`] = 'Enter its value';
  });
  return faults;
}

/** Sets a feed up, or changes one. */
export function FeedForm({ feed, onSaved, onCancel }: { feed?: Feed; onSaved: (feed: Feed) => void; onCancel?: () => void }) {
  const [ownKey, setOwnKey] = useState(feed !== undefined);
  const form = useAppForm<Values>({ initialValues: valuesOf(feed), check });
  const { form: f } = form;
  const save = useAction({
    refresh: [['feeds'], ['templates', 'preview']],
    run: (v: Values, { headers }) => {
      const sent = Object.fromEntries(v.headers.map((row) => [row.name.trim(), row.stored && !row.value ? null : row.value]));
      const body = { name: v.name.trim(), description: v.description.trim(), url: v.url.trim(), headers: sent, cache_minutes: Number(v.cache_minutes), timeout_seconds: Number(v.timeout_seconds), on_failure: v.on_failure };
      return feed ? ok(api.PATCH('/api/v1/feeds/{feed_id}', { params: { path: { feed_id: feed.id } }, body })) : ok(api.POST('/api/v1/feeds', { body: { ...body, key: v.key }, headers }));
    },
  });
  const onSave = async (v: Values) => {
    const saved = await save.mutateAsync(v);
    if (feed) form.reset(valuesOf(saved));
    onSaved(saved);
  };
  return (
    <AppForm state={form} mode={feed ? 'edit' : 'create'} {...(feed ? {} : { guard: false })} saveLabel={feed ? 'Save feed' : 'Make feed'} {...(onCancel ? { onCancel } : {})} onSave={onSave}>
      <Section title="Address">
        <TextInput label="Name" description="Such as Weather or Prices of today" maxLength={200} {...f.getInputProps('name')} onChange={(e) => { f.setFieldValue('name', e.currentTarget.value); if (!ownKey) f.setFieldValue('key', keyFrom(e.currentTarget.value, '_')); }} />
        <TextInput label="Key" description={`Templates show it as feeds.${f.values.key || 'key'}; it stays as it is`} disabled={feed !== undefined} maxLength={60} {...f.getInputProps('key')} onChange={(e) => { setOwnKey(true); f.setFieldValue('key', e.currentTarget.value); }} />
        <Textarea label="Address" description={personal(f.values.url) ? 'Asked for each person, who waits for it: keep it quick. Addresses that are the same are asked once' : 'Gives JSON. With {{ profile.city }} in it, it is asked for each person'} autosize minRows={1} {...f.getInputProps('url')} />
        <Fieldset legend="Headers" variant="unstyled">
          <Stack gap="sm">
            <Text size="sm" c="dimmed">What the service wants for signing in. Their values are encrypted, not shown again, and sent to this server only.</Text>
            {f.values.headers.map((row, n) => (
              <Group key={n} gap="sm" align="flex-start" wrap="nowrap">
                <TextInput label="Header" style={{ flex: 1 }} readOnly={row.stored} autoComplete="off" placeholder="Authorization" {...f.getInputProps(`headers.${n}.name`)} />
                <PasswordInput label="Value" style={{ flex: 1 }} autoComplete="off" placeholder={row.stored ? 'stored; type to replace' : ''} {...f.getInputProps(`headers.${n}.value`)} />
                <ActionIcon variant="subtle" color="gray" mt={26} size="lg" aria-label={`Remove header ${row.name || n + 1}`} onClick={() => { f.removeListItem('headers', n); }}><IconX size={16} /></ActionIcon>
              </Group>
            ))}
            <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { f.insertListItem('headers', { name: '', value: '', stored: false }); }}>Add header</Button></Group>
          </Stack>
        </Fieldset>
        <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
      </Section>
      <Section title="When it is fetched">
        <Group gap="sm" align="flex-start" grow>
          <NumberInput label="As good as new for" description="It is not asked again meanwhile" suffix=" min" min={1} max={10_080} {...f.getInputProps('cache_minutes')} />
          <NumberInput label="Wait at most" description={personal(f.values.url) ? 'Up to 5 seconds' : 'Up to 30 seconds'} suffix=" s" min={1} max={30} {...f.getInputProps('timeout_seconds')} />
        </Group>
        <Radio.Group label="When it cannot be fetched" {...f.getInputProps('on_failure')}>
          <Stack gap={6} mt={6}>{failures.map((way) => <Radio key={way.value} value={way.value} label={way.label} description={way.description.replace('key', f.values.key || 'key')} />)}</Stack>
        </Radio.Group>
      </Section>
    </AppForm>
  );
}
