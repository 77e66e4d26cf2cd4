import type { AnswerRule, Condition, ContentField, EventRule, InboundKind, Outcome, SettingField, Verdict } from './model';

/** `a`, `a or b`, `a, b or c`. */
export const listed = (words: readonly string[], last = 'or'): string => (words.length < 2 ? words[0] ?? '' : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`);

export const outcomes: readonly { value: Outcome; label: string; help: string }[] = [
  { value: 'sent', label: 'it is sent', help: 'The provider has taken the message' },
  { value: 'failed', label: 'this person gets none', help: 'The message failed; the mailing goes on with the next person' },
  { value: 'later', label: 'try again later', help: 'Tried again after a while, or after the time that the provider names' },
  { value: 'stop', label: 'pause the mailing', help: 'Nothing more is sent until somebody has looked, such as after a wrong password' },
];
export const outcomeWords = (outcome: Outcome): string => outcomes.find((o) => o.value === outcome)?.label ?? outcome;

/** How a verdict is shown: its badge's state, and what it means for the person and the mailing. */
export const verdictLook: Readonly<Record<Verdict['outcome'], { state: string; label: string; words: string }>> = {
  sent: { state: 'sent', label: 'Sent', words: 'The provider has taken the message.' },
  failed: { state: 'failed', label: 'Failed', words: 'This person would get no message; the mailing would go on.' },
  later: { state: 'waiting', label: 'Later', words: 'It would be tried again later.' },
  stop: { state: 'stopped', label: 'Stop', words: 'The mailing would pause until somebody has looked.' },
  unknown: { state: 'unknown', label: 'Unknown', words: 'No answer came, so nobody knows whether the message left; it would not be repeated.' },
};

export const tests: readonly { value: Condition['op']; label: string }[] = [
  { value: 'eq', label: 'is' }, { value: 'ne', label: 'is not' }, { value: 'contains', label: 'contains' }, { value: 'starts_with', label: 'begins with' },
  { value: 'gt', label: 'is more than' }, { value: 'lt', label: 'is less than' }, { value: 'is_present', label: 'is there' }, { value: 'is_missing', label: 'is missing' },
];
export const needsValue = (op: Condition['op']): boolean => op !== 'is_present' && op !== 'is_missing';

const shown = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : String(value));

export function conditionWords({ path, op, value }: Condition): string {
  const head = `${path || 'the whole'} ${tests.find((t) => t.value === op)?.label ?? op}`;
  return needsValue(op) ? `${head} ${shown(value)}` : head;
}

/** `2xx` → `200 to 299`; `401` stays. */
export const statusWords = (status: string): string => (/^[1-5]xx$/.test(status) ? `${status.charAt(0)}00 to ${status.charAt(0)}99` : status.replace('-', ' to '));

export const ifWords = (conditions: readonly Condition[]): string => listed(conditions.map(conditionWords), 'and');

/** When a rule fits, without what follows: `the status is 429 and ok is false`. */
export function whenWords({ statuses, conditions }: Pick<AnswerRule, 'statuses' | 'conditions'>): string {
  const parts = [...(statuses.length > 0 ? [`the status is ${listed(statuses.map(statusWords))}`] : []), ...conditions.map(conditionWords)];
  return listed(parts, 'and') || 'anything is answered';
}

export const inboundKinds: readonly { value: InboundKind; label: string; help: string }[] = [
  { value: 'delivered', label: 'it was delivered', help: 'Counts as delivered in the report' },
  { value: 'opened', label: 'it was opened', help: 'Counts as an open of this person' },
  { value: 'clicked', label: 'it was clicked', help: 'Counts as a click of this person' },
  { value: 'failed', label: 'it failed after all', help: 'Counts as come back, with the reason' },
  { value: 'replied', label: 'the person replied', help: 'Stands in their history' },
  { value: 'unsubscribed', label: 'the person unsubscribed', help: 'Ends their subscription on this channel' },
  { value: 'blocked_by_user', label: 'the person blocked the sender', help: 'Ends their subscription on this channel' },
];
export const inboundWords = (kind: InboundKind): string => inboundKinds.find((k) => k.value === kind)?.label ?? kind;
export const eventWords = (rule: Pick<EventRule, 'conditions'>): string => ifWords(rule.conditions) || 'nothing is asked yet';

export const contentTypes: readonly { value: ContentField['type']; label: string }[] = [
  { value: 'text', label: 'Line of text' }, { value: 'long_text', label: 'Text' }, { value: 'url', label: 'Address (URL)' }, { value: 'number', label: 'Number' }, { value: 'boolean', label: 'Yes or no' }, { value: 'choice', label: 'Choice' },
];
export const settingTypes: readonly { value: SettingField['type']; label: string }[] = [
  { value: 'text', label: 'Text' }, { value: 'secret', label: 'Secret' }, { value: 'url', label: 'Address (URL)' }, { value: 'number', label: 'Number' }, { value: 'boolean', label: 'Yes or no' },
];

/** `line of text, required, at most 160 characters`. */
export function contentWords(field: { type: ContentField['type']; required: boolean; max_length: number | string | null; options: readonly unknown[] }): string {
  const type = contentTypes.find((t) => t.value === field.type)?.label.toLowerCase().replace('(url)', '').trim() ?? field.type;
  return [type, field.required ? 'required' : 'optional', ...(field.max_length ? [`at most ${Number(field.max_length).toLocaleString('en')} characters`] : []), ...(field.type === 'choice' ? [`${field.options.length} choices`] : [])].join(', ');
}

/** A name as a key: `Sender name` → `sender_name`. */
export const keyOf = (label: string): string => label.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40);
