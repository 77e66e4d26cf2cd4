import type { components } from '@/api/schema';

export type ReturnedMail = components['schemas']['ReturnedMail'];

const outcomes: Record<ReturnedMail['outcome'], { word: string; tone: 'clay' | 'marigold' | 'fjord' | 'iris' | 'gray' }> = {
  bounced: { word: 'Bounced', tone: 'marigold' },
  complained: { word: 'Complaint', tone: 'clay' },
  ignored: { word: 'Nothing to do', tone: 'gray' },
  unmatched: { word: 'Not ours', tone: 'fjord' },
  unreadable: { word: 'To look at', tone: 'iris' },
};

export const outcomeOptions = Object.entries(outcomes).map(([value, { word }]) => ({ value, label: word }));

/** What became of a returned mail, in a word: a bounce is hard (the address is dead) or soft. */
export function outcomeOf(mail: Pick<ReturnedMail, 'outcome' | 'hard'>) {
  const { word, tone } = outcomes[mail.outcome];
  if (mail.outcome !== 'bounced') return { word, tone };
  return mail.hard ? { word: 'Hard bounce', tone: 'clay' as const } : { word: 'Soft bounce', tone };
}

const sources: Record<ReturnedMail['source'], string> = { smtp: 'by mail', api: 'handed in', provider: 'told by a provider' };

export const sourceWords = (source: ReturnedMail['source']) => sources[source];
