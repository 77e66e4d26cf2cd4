import type { components } from '@/api/schema';

export type Policy = components['schemas']['Policy'];
export type Limit = components['schemas']['Limit'];
export type LimitKey = Limit['per'];

/** What messages are counted for, in the order of the form. */
export const keys: readonly { per: LimitKey; label: string; words: string; help: string }[] = [
  { per: 'profile', label: 'Per person', words: 'person', help: 'All messages of every channel and resource' },
  { per: 'profile_resource', label: 'Per person and resource', words: 'person from this resource', help: 'Messages of the mailing’s resource' },
  { per: 'profile_channel', label: 'Per person and channel', words: 'person on this channel', help: 'Messages of the mailing’s channel, such as e-mail' },
  { per: 'contact', label: 'Per address', words: 'address', help: 'All messages to one address, whoever has it' },
];

export const mostMessages = 15;
export const mostDays = 16;

/** A limit as people say it, like the server does in the reasons of blocked messages. */
export function limitText({ per, most, days }: Limit): string {
  const words = keys.find((key) => key.per === per)?.words ?? per;
  return `at most ${most === 1 ? '1 message' : `${most} messages`} in ${days === 1 ? 'a day' : `${days} days`} per ${words}`;
}

export const limitsText = (limits: readonly Limit[]): string => (limits.length > 0 ? limits.map(limitText).join('; ') : 'no limit');
