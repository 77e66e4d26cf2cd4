import { Alert, Button, Group, Select, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, Copyable, failToast, Section, Time } from '@/kit';
import { refresh, type Channel, type EventRule } from '../model';
import { eventWords, inboundKinds, inboundWords } from '../words';
import { Conditions, freshCondition } from './Conditions';
import { InboundTry } from './InboundTry';
import { Rows, type Form } from './Rows';

const signatures = [
  { value: 'none', label: 'Nothing but the address, which nobody else knows' }, { value: 'value', label: 'A header that holds a secret' },
  { value: 'sha256', label: 'A signature, HMAC SHA-256' }, { value: 'sha1', label: 'A signature, HMAC SHA-1' }, { value: 'sha512', label: 'A signature, HMAC SHA-512' },
];
const fresh = (): EventRule => ({ conditions: [freshCondition()], event: 'delivered', message_id: [], contact: '' });

/** The address that the provider tells events at: it holds a secret, so it is shown only when it is made. */
function Address({ channel }: { channel: Channel }) {
  const can = useCan('channels:update');
  const rotate = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/channels/{channel_id}/rotate', { params: { path: { channel_id: channel.id } }, headers })) });
  const renew = async () => {
    const yes = await confirmConsequence({ title: 'Make a new address for events?', body: 'The present one works no more: enter the new one at the provider. What the provider tells in between is lost.', action: 'Make new address', keep: 'Keep the present one', danger: true });
    if (yes) rotate.mutate(null, { onError: failToast });
  };
  return (
    <Stack gap="xs">
      {rotate.data?.inbound_url
        ? <Alert color="marigold" icon={<IconKey size={18} />} title="Enter this address at the provider now"><Copyable value={rotate.data.inbound_url} label="Copy the address" /><Text size="sm" mt={4}>It is not shown again.</Text></Alert>
        : <Text size="sm">The address for events was shown when the channel was made. In a request it stands as {'${inbound.url}'}, for providers that are told it with each message.</Text>}
      <Group gap="sm">
        {can && <Button variant="default" size="xs" loading={rotate.isPending} onClick={() => void renew()}>Make new address…</Button>}
        <Text size="sm" c="dimmed">{channel.last_inbound_at ? <>The provider told something last <Time value={channel.last_inbound_at} /></> : 'The provider has told nothing yet'}</Text>
      </Group>
    </Stack>
  );
}

function Mapping({ form }: { form: Form }) {
  const inbound = form.values.definition.inbound;
  const text = (name: 'items' | 'contact' | 'at' | 'reason' | 'event_id', label: string, hint: string) => <TextInput label={label} description={hint} spellCheck={false} autoComplete="off" {...form.getInputProps(`definition.inbound.${name}`)} />;
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {text('items', 'List of events', 'Its path; empty when a request tells one event')}
        <Select label="Messages are named by" allowDeselect={false} description="What stands at the path of the message" data={[{ value: 'provider', label: 'the provider’s id' }, { value: 'ours', label: 'our ${message.id}' }]} {...form.getInputProps('definition.inbound.whose')} />
        <TagsInput label="Message" description="Its path within an event" maxTags={4} {...form.getInputProps('definition.inbound.message_id')} />
        {text('contact', 'Contact', 'For events that name no message')}
        {text('at', 'When', 'A time, or seconds since 1970; else the moment it comes')}
        {text('reason', 'Why', 'Such as the error of a message that failed')}
        {text('event_id', 'Id of the event', 'By which a repeated one is known; else its content')}
      </SimpleGrid>
      <div>
        <Text fw={550} mb={4}>What happened</Text>
        <Rows form={form} path="definition.inbound.rules" label="Rules for events" count={inbound.rules.length} most={50} ordered add="Add rule for events" fresh={fresh} named={(n) => `event rule ${n + 1}`} none="No rule yet: everything that comes is passed over."
          summary={(n) => { const rule = inbound.rules[n]; return rule ? <>When {eventWords(rule)}: <b>{inboundWords(rule.event)}</b></> : null; }}>
          {(n) => {
            const at = `definition.inbound.rules.${n}` as const, rule = inbound.rules[n];
            return rule && (
              <>
                <Conditions form={form} path={`${at}.conditions`} rows={rule.conditions} what="When in the event" least={1} />
                <Select label="Then" allowDeselect={false} data={inboundKinds.map(({ value, label }) => ({ value, label }))} description={inboundKinds.find((k) => k.value === rule.event)?.help} {...form.getInputProps(`${at}.event`)} />
                <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
                  <TagsInput label="Message stands at" description="Empty: as above" maxTags={4} {...form.getInputProps(`${at}.message_id`)} />
                  <TextInput label="Contact stands at" description="Empty: as above" spellCheck={false} {...form.getInputProps(`${at}.contact`)} />
                </SimpleGrid>
              </>
            );
          }}
        </Rows>
      </div>
    </>
  );
}

function Signature({ form }: { form: Form }) {
  const { inbound, settings } = form.values.definition;
  const path = 'definition.inbound.signature';
  return (
    <>
      <Select label="How the provider proves itself" allowDeselect={false} data={signatures} {...form.getInputProps(`${path}.kind`)} />
      {inbound.signature.kind !== 'none' && (
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          <TextInput label="Header" spellCheck={false} autoComplete="off" {...form.getInputProps(`${path}.header`)} />
          <Select label="Secret" placeholder="Choose a secret" nothingFoundMessage="Add a field of the kind Secret under Access" data={settings.filter((s) => s.type === 'secret' && s.key).map((s) => ({ value: s.key, label: s.label || s.key }))} {...form.getInputProps(`${path}.secret`)} value={inbound.signature.secret || null} />
          {inbound.signature.kind !== 'value' && <Select label="Written as" allowDeselect={false} data={[{ value: 'hex', label: 'hexadecimal' }, { value: 'base64', label: 'Base64' }]} {...form.getInputProps(`${path}.encoding`)} />}
          {inbound.signature.kind !== 'value' && <TextInput label="Begins with" description="Such as sha256=" spellCheck={false} {...form.getInputProps(`${path}.prefix`)} />}
        </SimpleGrid>
      )}
    </>
  );
}

/** What the provider tells afterwards: delivered, read, blocked. */
export function InboundSection({ form, channel }: { form: Form; channel: Channel }) {
  const active = form.values.definition.inbound.active;
  return (
    <Section title="Events back" text="What the provider tells afterwards, by requests of its own: that a message was delivered or read, or that somebody left.">
      <Switch label="The provider tells what became of messages" {...form.getInputProps('definition.inbound.active', { type: 'checkbox' })} />
      {active && (
        <>
          <Address channel={channel} />
          <Mapping form={form} />
          <Signature form={form} />
          <InboundTry inbound={form.values.definition.inbound} />
        </>
      )}
    </Section>
  );
}
