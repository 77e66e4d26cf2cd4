import { Button, Group, Menu, Paper, Stack, Text } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { IconButton, Section } from '@/kit';
import { CallFields } from './CallFields';
import { DateFields } from './DateFields';
import { EventFields } from './EventFields';
import { choiceOf, choices, fresh, type Trigger } from './model';
import { Wait } from './Wait';

const most = 10;

interface Props { mailingId: number; databaseId: number; value: readonly Trigger[]; onChange: (value: Trigger[]) => void; errors: Readonly<Record<string, ReactNode>> }

/** When a triggered mailing is sent: any of these. */
export function TriggerList({ mailingId, databaseId, value, onChange, errors }: Props) {
  const put = (n: number, trigger: Trigger) => { onChange(value.map((t, i) => (i === n ? trigger : t))); };
  const called = value.some((t) => t.kind === 'call');
  return (
    <Section title="When" text="Each of these sends the message, to the person it is about. One event makes one message, even when several fit.">
      <Stack gap="md">
        {value.map((trigger, n) => (
          <Paper key={n} withBorder p="md" radius="md" role="group" aria-label={`Trigger ${n + 1}`}>
            <Stack gap="sm">
              <Group justify="space-between" wrap="nowrap">
                <Text fw={600}>{choiceOf(trigger)?.label ?? 'Event'}</Text>
                <IconButton label={`Remove trigger ${n + 1}`} onClick={() => { onChange(value.filter((_, i) => i !== n)); }}><IconTrash size={16} /></IconButton>
              </Group>
              {trigger.kind === 'event' && <EventFields databaseId={databaseId} trigger={trigger} onChange={(t) => { put(n, t); }} />}
              {trigger.kind === 'date' && <DateFields databaseId={databaseId} trigger={trigger} onChange={(t) => { put(n, t); }} />}
              {trigger.kind === 'call' && <CallFields mailingId={mailingId} />}
              <Wait minutes={trigger.wait ?? 0} onChange={(wait) => { put(n, { ...trigger, wait }); }} />
              {faultsOf(errors, n).map((fault, i) => <Text key={i} c="clay" size="sm" role="alert">{fault}</Text>)}
            </Stack>
          </Paper>
        ))}
        {value.length === 0 && <Text c="dimmed">Nothing sets this mailing off yet.</Text>}
        {errors.triggers && <Text c="clay" size="sm" role="alert">{errors.triggers}</Text>}
        {value.length < most && (
          <Menu position="bottom-start" width={340}>
            <Menu.Target><Button variant="default" leftSection={<IconPlus size={16} />} style={{ alignSelf: 'flex-start' }}>Add a trigger</Button></Menu.Target>
            <Menu.Dropdown>
              {choices.filter((c) => c.key !== 'call' || !called).map((c) => (
                <Menu.Item key={c.key} onClick={() => { onChange([...value, fresh(c.key)]); }}><Text size="sm">{c.label}</Text><Text size="xs" c="dimmed">{c.help}</Text></Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </Stack>
    </Section>
  );
}

/** What the server says of one trigger, wherever inside of it. */
const faultsOf = (errors: Readonly<Record<string, ReactNode>>, n: number): ReactNode[] => Object.entries(errors).filter(([path]) => path === `triggers.${n}` || path.startsWith(`triggers.${n}.`)).map(([, words]) => words);
