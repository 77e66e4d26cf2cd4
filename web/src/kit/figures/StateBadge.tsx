import { Badge } from '@mantine/core';
import {
  IconAlertTriangle, IconArchive, IconBan, IconCheck, IconCircleDashed, IconCircleDot, IconClock, IconHourglass, IconMailOff,
  IconPencil, IconPlayerPause, IconProgress, IconSend, IconStar, IconX, type Icon,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Tone } from '../theme/tokens';

interface Look { tone: Tone; icon: Icon; word: string }
const look = (tone: Tone, icon: Icon, word: string): Look => ({ tone, icon, word });

const states: Record<string, Look> = {
  draft: look('gray', IconPencil, 'Draft'),
  scheduled: look('iris', IconClock, 'Scheduled'),
  queued: look('iris', IconHourglass, 'Queued'),
  building: look('iris', IconProgress, 'Building'),
  waiting: look('iris', IconHourglass, 'Waiting'),
  pending: look('iris', IconHourglass, 'Pending'),
  running: look('fjord', IconProgress, 'Running'),
  sending: look('fjord', IconSend, 'Sending'),
  active: look('fjord', IconCircleDot, 'Active'),
  paused: look('marigold', IconPlayerPause, 'Paused'),
  done: look('moss', IconCheck, 'Done'),
  completed: look('moss', IconCheck, 'Completed'),
  finished: look('moss', IconCheck, 'Finished'),
  sent: look('moss', IconCheck, 'Sent'),
  delivered: look('moss', IconCheck, 'Delivered'),
  paid: look('moss', IconCheck, 'Paid'),
  published: look('moss', IconCheck, 'Published'),
  stopped: look('marigold', IconBan, 'Stopped'),
  failed: look('clay', IconX, 'Failed'),
  rejected: look('clay', IconX, 'Rejected'),
  cancelled: look('gray', IconBan, 'Cancelled'),
  refunded: look('marigold', IconBan, 'Refunded'),
  part_refunded: look('marigold', IconBan, 'Part refunded'),
  inactive: look('gray', IconCircleDashed, 'Inactive'),
  disabled: look('gray', IconBan, 'Disabled'),
  archived: look('gray', IconArchive, 'Archived'),
  subscribed: look('moss', IconCheck, 'Subscribed'),
  unconfirmed: look('iris', IconHourglass, 'Unconfirmed'),
  unsubscribed: look('gray', IconMailOff, 'Unsubscribed'),
  suspended: look('marigold', IconPlayerPause, 'Suspended'),
  complained: look('clay', IconAlertTriangle, 'Complained'),
  bounced: look('clay', IconX, 'Bounced'),
  deleted: look('gray', IconBan, 'Deleted'),
  points: look('plum', IconStar, 'Points'),
};

const sentence = (key: string) => key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ');

/** A state: always an icon and a word, in its tone. Unknown states are grey and still read well. */
export function StateBadge({ state, label, size = 'md' }: { state: string; label?: ReactNode; size?: 'sm' | 'md' | 'lg' }) {
  const { tone, icon: Mark, word } = states[state] ?? look('gray', IconCircleDashed, sentence(state));
  return <Badge color={tone} size={size} miw="max-content" leftSection={<Mark size={12} aria-hidden="true" />}>{label ?? word}</Badge>;
}

/** A badge that is no state (a kind, a version, a lock). */
export function ToneBadge({ tone = 'gray', icon: Mark, children }: { tone?: Tone; icon?: Icon; children: ReactNode }) {
  return <Badge color={tone} miw="max-content" {...(Mark ? { leftSection: <Mark size={12} aria-hidden="true" /> } : {})}>{children}</Badge>;
}
