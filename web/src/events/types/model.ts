import type { components } from '@/api/schema';

export type EventType = components['schemas']['EventTypeOut'];
export type PropertyType = components['schemas']['PropertyIn']['type'];

export const refresh = [['event-types'], ['vocabulary']];

export const propertyTypes: readonly { value: PropertyType; label: string }[] = [
  { value: 'string', label: 'Text' }, { value: 'integer', label: 'Whole number' }, { value: 'float', label: 'Number' }, { value: 'boolean', label: 'Yes or no' },
  { value: 'date', label: 'Date' }, { value: 'datetime', label: 'Date and time' }, { value: 'tags', label: 'Tags' },
];

export const typeWord = (type: string): string => propertyTypes.find((t) => t.value === type)?.label ?? (type === 'decimal' ? 'Amount' : type);

/** Where a type comes from, as its badge says. */
export function origin(type: Pick<EventType, 'builtin' | 'declared' | 'archived_at'>): { word: string; tone: 'gray' | 'fjord' | 'iris' | 'clay' } {
  if (type.archived_at) return { word: 'Deleted', tone: 'clay' };
  if (type.builtin) return { word: 'Built in', tone: 'gray' };
  return type.declared ? { word: 'Your own', tone: 'fjord' } : { word: 'Seen in events', tone: 'iris' };
}

const meanings: Readonly<Record<string, string>> = {
  profile: 'Somebody was added, or something of theirs was changed.', subscription: 'Somebody’s consent for a resource was given, taken back or changed.',
  message: 'What became of a message: sent, delivered, opened, clicked, bounced, complained about.', order: 'What became of an order or one of its lines.',
  page: 'Somebody looked at a page of your site.', goal: 'Somebody reached a goal.', form: 'Somebody sent a form.', segment: 'Somebody came into a segment or left it.',
  control: 'Somebody was kept back, or is not any more.', campaign: 'Somebody came into a campaign or left it.', scenario: 'Where somebody stands in a scenario.', loyalty: 'Points and levels of a loyalty program.',
};

/** What a type means: its description, or that of its group. */
export const meaning = (type: EventType): string => type.description || (type.builtin ? meanings[type.name.split('.')[0] ?? ''] ?? '' : '');
