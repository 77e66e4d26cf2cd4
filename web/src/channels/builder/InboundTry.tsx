import { Alert, Button, Collapse, Group, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { Details, formatCount, Time, useAnnounce } from '@/kit';
import { inboundWords } from '../words';

type Shown = components['schemas']['InboundShown'];

function Item({ item, n }: { item: Shown; n: number }) {
  if (item.problem) return <Alert color="clay" title={`Event ${n + 1}`}>{item.problem}</Alert>;
  if (item.event === null) return <Alert color="marigold" title={`Event ${n + 1}: passed over`}>No rule fits it.</Alert>;
  return (
    <Alert color="moss" title={`Event ${n + 1}: ${inboundWords(item.event)}${item.rule === null ? '' : ` (rule ${item.rule + 1})`}`}>
      <Details items={[['Message', item.message_id], ['Contact', item.contact], ['When', item.at ? <Time key="t" value={item.at} mode="absolute" seconds /> : 'the moment it comes'], ['Why', item.reason]]} />
    </Alert>
  );
}

/** Shows what would be read from a request as the provider sends it; nothing is stored. */
export function InboundTry({ inbound }: { inbound: components['schemas']['InboundMapping'] }) {
  const [open, toggle] = useDisclosure(false);
  const [body, setBody] = useState('');
  const read = useAction({ run: (text: string) => ok(api.POST('/api/v1/channels/inbound-preview', { body: { inbound, body: text, content_type: /^\s*[[{]/.test(text) ? 'application/json' : 'application/x-www-form-urlencoded' } })) });
  useAnnounce(read.data ? `${formatCount(read.data.items.length, 'event', 'events')} read` : '');
  return (
    <div>
      <Button variant="subtle" size="compact-sm" aria-expanded={open} onClick={toggle.toggle}>{open ? 'Hide the example' : 'Read an example…'}</Button>
      <Collapse expanded={open}>
        <Stack gap="sm" mt="xs">
          <Textarea label="A request of the provider" description="Its body, as the provider’s manual shows it: JSON, or a form" autosize minRows={4} maxRows={14} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} value={body} onChange={(e) => { setBody(e.currentTarget.value); }} />
          <Group><Button variant="default" size="xs" loading={read.isPending} disabled={!body.trim()} onClick={() => { read.mutate(body); }}>Read the example</Button></Group>
          {read.error && <Alert color="clay">{read.error.errors.map((e) => e.message).join('. ') || read.error.detail || read.error.title}</Alert>}
          {read.data?.items.length === 0 && <Text c="dimmed">No event stands in it. Is the path of the list right?</Text>}
          {read.data?.items.map((item, n) => <Item key={n} item={item} n={n} />)}
        </Stack>
      </Collapse>
    </div>
  );
}
