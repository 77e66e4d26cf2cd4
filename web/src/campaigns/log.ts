import type { components } from '@/api/schema';
import { formatCount, formatNumber, NO_VALUE } from '@/kit';
import { widensWords, type Widening } from './activities/model';

export type LogEntry = components['schemas']['CampaignLogEntry'];
type Side = Readonly<Record<string, unknown>>;

const side = (value: unknown): Side => (typeof value === 'object' && value !== null ? value as Side : {});
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const sentences: Readonly<Record<string, string>> = {
  created: 'Made the campaign', updated: 'Changed its settings', archived: 'Archived it', restored: 'Restored it', activated: 'Started it', begun: 'Became active', completed: 'Completed it',
  control_set: 'Set the control group', control_removed: 'Took the control group away', activity_attached: 'Added {}', activity_changed: 'Changed {}', activity_detached: 'Took {} out',
};

/** `campaign.activity_attached` → "Added Autumn sale". */
export function actionWords(entry: LogEntry): string {
  const verb = entry.action.replace(/^campaign\./, '');
  const { mailing, mailing_name: name } = { ...side(entry.before), ...side(entry.after) };
  const what = textOf(name) ?? (typeof mailing === 'number' ? `mailing ${mailing}` : 'an activity');
  return (sentences[verb] ?? verb.replaceAll('_', ' ')).replace('{}', () => what);
}

const fields: Readonly<Record<string, string>> = {
  name: 'Name', description: 'Description', tags: 'Tags', goal: 'Goal', window_days: 'Days after the end', cost: 'Cost', currency: 'Currency',
  percent: 'Kept back', cap: 'Never more than', strata: 'Strata', widens: 'Widens the audience', exempt: 'Control gets it too',
};
const names = (list: readonly unknown[]): string => list.map((one) => textOf(one) ?? textOf(side(one).field) ?? JSON.stringify(one)).join(', ');

function valueWords(key: string, value: unknown): string {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return key === 'goal' ? 'orders' : key === 'widens' || key === 'strata' ? 'none' : NO_VALUE;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return key === 'percent' ? `${formatNumber(value)} %` : formatNumber(value);
  if (Array.isArray(value)) return (key === 'widens' && widensWords(value as Widening[])) || names(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What was before and after, a line each: "Name: Winter → Frost"; of something new only what it is. */
export function changeLines(entry: LogEntry): string[] {
  const before = side(entry.before), after = side(entry.after);
  if (entry.action === 'campaign.completed') {
    const stopped = Array.isArray(after.stopped) ? after.stopped.length : 0;
    return [`${formatCount(Number(after.people), 'person', 'people')} left`, ...(stopped > 0 ? [`${formatCount(stopped, 'activity', 'activities')} stopped`] : [])];
  }
  if (entry.action === 'campaign.begun') return [`${formatCount(Number(after.people), 'person', 'people')} in the campaign`];
  if (entry.action === 'campaign.created') return typeof after.copied_from === 'number' ? [`Copied from campaign ${after.copied_from}`] : [];
  if (entry.action === 'campaign.archived' || entry.action === 'campaign.restored') return [];
  const moved = typeof before.moved === 'number' && before.moved > 0 ? [`${formatCount(before.moved, 'person', 'people')} moved to the test group`] : [];
  const keys = Object.keys(fields).filter((key) => key in before || key in after);
  return [...keys.flatMap((key) => {
    const now = valueWords(key, after[key]), label = fields[key] ?? key;
    if (key in before && key in after) return [`${label}: ${valueWords(key, before[key])} → ${now}`];
    const only = valueWords(key, key in after ? after[key] : before[key]);
    return only === NO_VALUE || only === 'none' || only === 'no' ? [] : [`${label}: ${only}`];
  }), ...moved];
}
