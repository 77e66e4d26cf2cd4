import { Button, Group, Select, TextInput } from '@mantine/core';
import type { QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { doneToast } from '@/kit';
import { useChannels } from './model';

interface Resource { id: number; name: string; channels: readonly string[] }

/** Subscribes somebody at a contact of a channel of one's own: only a subscription knows it. */
export function AddSubscription({ databaseId, profileId, resources, refresh }: { databaseId: number; profileId: number; resources: readonly Resource[]; refresh: readonly QueryKey[] }) {
  const channels = useChannels();
  const [chosen, choose] = useState<string | null>(null);
  const [contact, setContact] = useState('');
  const pairs = resources.flatMap((r) => channels.filter((c) => r.channels.includes(c.key)).map((c) => ({ value: `${r.id}:${c.key}`, label: `${r.name} by ${c.name}`, resource: r.id, channel: c })));
  const pair = pairs.find((p) => p.value === chosen);
  const add = useAction({
    refresh,
    run: (_: null, { headers }) => ok(api.POST('/api/v1/subscriptions', { body: { database_id: databaseId, profile_id: profileId, resource_id: pair?.resource ?? 0, channel: pair?.channel.key as 'email', contact: contact.trim(), status: 'subscribed' }, headers })),
    onDone: () => { doneToast('Subscribed'); choose(null); setContact(''); },
  });
  if (pairs.length === 0) return null;
  const spec = pair?.channel.definition.contact;
  const error = add.error ? add.error.errors.map((e) => e.message).join('. ') || add.error.detail : null;
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); if (pair && contact.trim()) add.mutate(null); }}>
      <Group gap="sm" align="flex-start">
        <Select aria-label="Subscribe on a channel" placeholder="Subscribe on a channel…" data={pairs.map(({ value, label }) => ({ value, label }))} value={chosen} onChange={choose} />
        {spec && <TextInput aria-label={spec.label} placeholder={`${spec.label}, such as ${spec.example || '…'}`} autoComplete="off" value={contact} error={error} onChange={(e) => { setContact(e.currentTarget.value); }} />}
        {spec && <Button type="submit" variant="default" loading={add.isPending} disabled={!contact.trim()}>Subscribe</Button>}
      </Group>
    </form>
  );
}
