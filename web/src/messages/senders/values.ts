import type { components } from '@/api/schema';
import type { RuleType, VirtualSender } from './model';

export interface ShareValues { sender_id: string; percent: number | string; from_email: string; from_name: string; reply_to: string }
export interface RuleValues { type: RuleType; values: string[]; senders: ShareValues[] }
export interface Values extends Record<string, unknown> { name: string; description: string; is_default: boolean; rules: RuleValues[] }

export const emptyShare = (percent: number): ShareValues => ({ sender_id: '0', percent, from_email: '', from_name: '', reply_to: '' });
export const emptyRule = (): RuleValues => ({ type: 'to_domain', values: [], senders: [emptyShare(100)] });

export const valuesOf = (sender: VirtualSender | undefined): Values => ({
  name: sender?.name ?? '', description: sender?.description ?? '', is_default: sender?.is_default ?? false,
  rules: (sender?.rules ?? [{ type: 'default' as const, values: [], senders: [{ sender_id: 0, percent: 100 }] }]).map((rule) => ({
    type: rule.type, values: rule.values ?? [],
    senders: rule.senders.map((s) => ({ sender_id: String(s.sender_id), percent: s.percent, from_email: s.from_email ?? '', from_name: s.from_name ?? '', reply_to: s.reply_to ?? '' })),
  })),
});

/** The rules exactly as they are shown: nothing is added, dropped or rewritten on the way. */
export const bodyOf = (v: Values): components['schemas']['VirtualSenderIn'] => ({
  name: v.name.trim(), description: v.description.trim(), is_default: v.is_default,
  rules: v.rules.map((rule) => ({ type: rule.type, values: rule.values, senders: rule.senders.map((s) => ({ ...s, sender_id: Number(s.sender_id), percent: Number(s.percent) })) })),
});

export const totalOf = (rule: RuleValues): number => rule.senders.reduce((sum, s) => sum + Number(s.percent || 0), 0);

/** So many shares of 100, as even as whole percents can be. */
export const evenly = (many: number): number[] => Array.from({ length: many }, (_, n) => Math.floor(100 / many) + (n < 100 % many ? 1 : 0));

const address = /^\S+@\S+$/;

export function check(v: Values): Record<string, string | null> {
  const faults: Record<string, string | null> = { name: v.name.trim() ? null : 'Enter a name for the virtual sender' };
  v.rules.forEach((rule, n) => {
    if (rule.type !== 'default' && rule.values.length === 0) faults[`rules.${n}.values`] = rule.type === 'from_email' ? 'Enter an address, such as news@example.com' : 'Enter a domain, such as gmail.com';
    const total = totalOf(rule);
    if (total !== 100) faults[`rules.${n}.senders`] = `The shares sum to ${total} %; they have to sum to 100 %`;
    rule.senders.forEach((s, m) => {
      const at = `rules.${n}.senders.${m}`;
      if (s.percent === '' || !Number.isInteger(Number(s.percent)) || Number(s.percent) < 0 || Number(s.percent) > 100) faults[`${at}.percent`] = 'Enter 0 to 100';
      if (s.from_email && !address.test(s.from_email)) faults[`${at}.from_email`] = 'Enter an address, or nothing';
      if (s.reply_to && !address.test(s.reply_to)) faults[`${at}.reply_to`] = 'Enter an address, or nothing';
    });
  });
  return faults;
}
