import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { formatCount, formatNumber, type Tone } from '@/kit';

export type MailServer = components['schemas']['MailServer'];
export type VirtualSender = components['schemas']['VirtualSender'];
export type Rule = components['schemas']['SenderRule'];
export type RuleType = Rule['type'];
export type ServerTest = components['schemas']['ServerTest'];

export const tlsChoices = [
  { value: 'starttls', label: 'STARTTLS, usually port 587' },
  { value: 'tls', label: 'TLS from the start, usually port 465' },
  { value: 'none', label: 'None: anybody on the way can read along' },
];

export const ruleTypes: readonly { value: RuleType; label: string; values: string }[] = [
  { value: 'to_domain', label: 'To these domains', values: 'Domains of recipients' },
  { value: 'from_domain', label: 'From these domains', values: 'Domains that mailings come from' },
  { value: 'from_email', label: 'From these addresses', values: 'Addresses that mailings come from' },
];

export function serverState(server: MailServer): { tone: Tone; word: string } {
  if (!server.active) return { tone: 'gray', word: 'Switched off' };
  if (server.test_error !== null) return { tone: 'clay', word: 'Test failed' };
  if (server.builtin) return { tone: 'moss', word: 'On' };
  return server.tested_at === null ? { tone: 'marigold', word: 'Not tested' } : { tone: 'moss', word: 'Works' };
}

export const addressOf = (server: MailServer): string => (server.host ? `${server.host}:${server.port}` : 'mails are caught in the mailbox');

/** How fast a server may be used. */
export function speedWords(server: MailServer): string {
  const domains = server.domain_rates.length > 0 ? `, ${formatCount(server.domain_rates.length, 'limit for domains', 'limits for domains')}` : '';
  return `${server.rate > 0 ? `${formatNumber(server.rate)} a second` : 'no limit'}${domains}`;
}

const whom: Record<RuleType, (values: string) => string> = {
  to_domain: (values) => `to ${values}`, from_domain: (values) => `from ${values}`, from_email: (values) => `from ${values}`, default: () => 'the rest',
};

/** A rule in some words: "to gmail.com and 2 more: 70 % MX one, 30 % MX two". */
export function ruleWords(rule: Rule, names: ReadonlyMap<number, string>): string {
  const values = rule.values ?? [], more = values.length > 1 ? ` and ${values.length - 1} more` : '';
  const shares = rule.senders.filter((s) => s.percent > 0).map((s) => `${rule.senders.length > 1 ? `${s.percent} % ` : ''}${names.get(s.sender_id) ?? 'a mail server'}${s.from_email ? ` from ${s.from_email}` : ''}`);
  return `${whom[rule.type](`${values[0] ?? ''}${more}`)}: ${shares.join(', ')}`;
}

/** Every mail server that is not archived, that of the settings file first; undefined while they are not known. */
export function useServers(): readonly MailServer[] | undefined {
  const can = useCan('senders:read');
  return useQuery({ queryKey: ['mail-servers', 'all'], enabled: can, queryFn: ({ signal }) => ok(api.GET('/api/v1/senders/servers', { params: { query: { limit: 1000 } }, signal })) }).data?.items;
}
