import { IconBell, IconBrandTelegram, IconBrandWhatsapp, IconDeviceMobileMessage, IconMail, IconMessage, IconMessageCircle, IconPhone, IconSend, IconWebhook, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';

type Schemas = components['schemas'];
export type Channel = Schemas['Channel'];
export type Definition = Schemas['ChannelDefinition'];
export type ContentField = Schemas['ContentField'];
export type SettingField = Schemas['SettingField'];
export type NamedValue = Schemas['NamedValue'];
export type AnswerRule = Schemas['AnswerRule'];
export type EventRule = Schemas['EventRule'];
export type Condition = AnswerRule['conditions'][number];
export type Verdict = NonNullable<Schemas['ChannelPreview']['verdict']>;
export type Outcome = AnswerRule['outcome'];
export type InboundKind = EventRule['event'];
export type Scalar = string | number | boolean;

export const refresh = [['channels']];

/** The symbols a channel may have; stored by name. */
export const icons: readonly { value: string; label: string; icon: Icon }[] = [
  { value: 'message', label: 'Message', icon: IconMessage },
  { value: 'brand-telegram', label: 'Telegram', icon: IconBrandTelegram },
  { value: 'device-mobile-message', label: 'Text message', icon: IconDeviceMobileMessage },
  { value: 'brand-whatsapp', label: 'WhatsApp', icon: IconBrandWhatsapp },
  { value: 'message-circle', label: 'Chat', icon: IconMessageCircle },
  { value: 'phone', label: 'Phone', icon: IconPhone },
  { value: 'bell', label: 'Bell', icon: IconBell },
  { value: 'send', label: 'Paper plane', icon: IconSend },
  { value: 'webhook', label: 'Webhook', icon: IconWebhook },
];

export const iconOf = (channel: { key: string; icon: string }): Icon => (channel.key === 'email' ? IconMail : icons.find((i) => i.value === channel.icon)?.icon ?? IconMessage);

export const useChannel = (id: number) => useQuery({
  queryKey: ['channels', id],
  queryFn: ({ signal }) => ok(api.GET('/api/v1/channels/{channel_id}', { params: { path: { channel_id: id } }, signal })),
});

function useChannelChoice() {
  const can = useCan('channels:read');
  return useQuery({ queryKey: ['channels', 'choice'], enabled: can, staleTime: 30_000, queryFn: ({ signal }) => ok(api.GET('/api/v1/channels', { params: { query: { limit: 1000 } }, signal })) });
}

/** Channels of one's own that are in use; none while they are not known. */
export const useChannels = (): readonly Channel[] => useChannelChoice().data?.items ?? [];

/** Whether the channels are on their way: what `useChannels` leaves out may yet be there. */
export const useChannelsComing = (): boolean => useChannelChoice().isLoading;

/** The channel of that key; undefined for e-mail, and while it is not known. */
export const useChannelOf = (key: string | undefined): Channel | undefined => useChannels().find((c) => c.key === key);

const builtIn: Readonly<Record<string, string>> = { email: 'E-mail', sms: 'SMS', push: 'Push', webhook: 'Webhook' };

/** What a channel is called, by its key. */
export const channelName = (key: string, channels: readonly Channel[]): string => channels.find((c) => c.key === key)?.name ?? builtIn[key] ?? key;

/** The channels that people may agree to: built-in ones, then one's own. */
export function consentChannels(channels: readonly Channel[]): { value: string; label: string }[] {
  const own = channels.filter((c) => !(c.key in builtIn)).map((c) => c.key);
  return [...Object.keys(builtIn), ...own].map((key) => ({ value: key, label: channelName(key, channels) }));
}

/** The channels that messages can be sent by, e-mail first. */
export const channelChoices = (channels: readonly Channel[]): { value: string; label: string }[] => [{ value: 'email', label: 'E-mail' }, ...channels.map((c) => ({ value: c.key, label: c.name }))];

/** What is sent on a channel: mails, or messages. */
export const messageNoun = (channel: string): { one: string; many: string } => (channel === 'email' ? { one: 'mail', many: 'mails' } : { one: 'message', many: 'messages' });

const empty = { username: '', password: '', token: '', header: '', token_url: '', client_id: '', client_secret: '', scope: '' };

/** What a channel from scratch begins with: a text, posted as JSON; any 2xx is a success. */
export const blank: Definition = {
  contact: { label: 'Phone number', pattern: '', example: '+4712345678', help: '' },
  content: [{ key: 'text', label: 'Text', type: 'long_text', required: true, max_length: null, options: [], help: '' }],
  settings: [{ key: 'token', label: 'Token', type: 'secret', required: true, default: '', help: 'What the provider gave you to sign in with' }],
  request: { method: 'POST', url: 'https://', query: [], headers: [], body: 'json', json: { to: '${contact}', text: '${content.text}' }, form: [], text: '', content_type: 'text/plain; charset=utf-8', idempotent: false, allow_http: false },
  auth: { kind: 'bearer', ...empty, token: '${settings.token}', client_in_body: false },
  answer: {
    rules: [
      { statuses: ['2xx'], conditions: [], outcome: 'sent', reason: '', unsubscribes: false },
      { statuses: ['429', '5xx'], conditions: [], outcome: 'later', reason: '', unsubscribes: false },
      { statuses: ['401', '403'], conditions: [], outcome: 'stop', reason: 'The provider refuses our sign-in', unsubscribes: false },
    ],
    otherwise: 'failed', reason: '', message_id: [], retry_after: '',
  },
  limits: { connections: 4, rate: 0, timeout: 15 },
  inbound: { active: false, items: '', message_id: [], whose: 'provider', contact: '', at: '', reason: '', event_id: '', rules: [], signature: { kind: 'none', header: '', encoding: 'hex', prefix: '', secret: '' } },
};
