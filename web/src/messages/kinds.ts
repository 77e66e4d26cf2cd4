import { IconBolt, IconLayoutBoard, IconRepeat, IconSend, IconTestPipe, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { Mailing } from './model';

export type MailingType = Mailing['type'];

export interface MailingKind { value: MailingType; label: string; text: string; more: string; icon: Icon; lasting: boolean }

const all: readonly MailingKind[] = [
  { value: 'broadcast', label: 'Broadcast', text: 'One message, to everybody in a segment, once', more: 'News, offers, announcements.', icon: IconSend, lasting: false },
  { value: 'recurring', label: 'Recurring', text: 'Launched again and again by a schedule', more: 'Each launch goes to whoever is in the segment then.', icon: IconRepeat, lasting: true },
  { value: 'trigger', label: 'Triggered', text: 'Sent to one person when something happens', more: 'An order, a birthday, a visit, a call of the API.', icon: IconBolt, lasting: true },
  { value: 'multivariate', label: 'Multivariate (A/B)', text: 'Several messages are tried; the best one goes to the rest', more: 'Or each person gets one of them by chance.', icon: IconTestPipe, lasting: false },
  { value: 'placement', label: 'Placement', text: 'Content for a place on a site', more: 'It can be withdrawn at any time.', icon: IconLayoutBoard, lasting: true },
];

export const mailingKind = (value: string): MailingKind => all.find((k) => k.value === value) ?? all[0] as MailingKind;
export const isMailingType = (value: string | undefined): value is MailingType => all.some((k) => k.value === value);

/** The kinds that can be made here. */
export function useMailingKinds(): readonly MailingKind[] | undefined {
  const found = useQuery({ queryKey: ['mailings', 'kinds'], staleTime: Infinity, queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/kinds', { signal })) }).data;
  return found && all.filter((k) => found.items.some((item) => item.type === k.value));
}
