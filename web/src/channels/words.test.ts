import { describe, expect, it } from 'vitest';
import { insertToken, tokensOf } from './placeholders';
import { contentWords, eventWords, keyOf, statusWords, whenWords } from './words';

const when = (path: string, op: 'eq' | 'contains' | 'is_present', value: string | boolean | null) => ({ path, op, value });
const source = {
  contact: { label: 'Chat id' }, content: [{ key: 'text', label: 'Text', type: 'long_text' as const }, { key: 'silent', label: 'Silent', type: 'boolean' as const }],
  settings: [{ key: 'token', label: 'Token', type: 'secret' as const }], inbound: { active: false },
};

describe('rules', () => {
  it('read as sentences', () => {
    expect(whenWords({ statuses: ['2xx'], conditions: [when('ok', 'eq', true)] })).toBe('the status is 200 to 299 and ok is true');
    expect(whenWords({ statuses: ['429', '500-503'], conditions: [] })).toBe('the status is 429 or 500 to 503');
    expect(whenWords({ statuses: [], conditions: [when('error', 'is_present', null), when('error.text', 'contains', 'blocked')] })).toBe('error is there and error.text contains “blocked”');
    expect(whenWords({ statuses: [], conditions: [] })).toBe('anything is answered');
    expect(eventWords({ conditions: [when('status', 'eq', 'delivered')] })).toBe('status is “delivered”');
    expect(statusWords('404')).toBe('404');
  });

  it('name fields with what they ask for', () => {
    expect(contentWords({ type: 'long_text', required: true, max_length: 4096, options: [] })).toBe('text, required, at most 4,096 characters');
    expect(contentWords({ type: 'choice', required: false, max_length: null, options: [1, 2] })).toBe('choice, optional, 2 choices');
    expect(keyOf('Sender’s name 2')).toBe('sender_s_name_2');
    expect(keyOf('2 Überschrift')).toBe('u_berschrift');
  });
});

describe('placeholders', () => {
  it('are offered by where they come from', () => {
    expect(tokensOf(source).map((g) => g.group)).toEqual(['Recipient', 'Message', 'Access']);
    expect(tokensOf({ ...source, inbound: { active: true } }).at(-1)?.items[0]?.token).toBe('${inbound.url}');
  });

  it('are put where the cursor stands, and keep their type alone in JSON', () => {
    const silent = tokensOf(source)[1]?.items[1], text = tokensOf(source)[1]?.items[0];
    if (!silent || !text) throw new Error('two fields are offered');
    expect(insertToken('to  now', 3, 3, text)).toBe('to ${content.text} now');
    expect(insertToken('', 0, 0, silent, true)).toBe('$#{content.silent}');
    expect(insertToken('no ', 3, 3, silent, true)).toBe('no ${content.silent}');
  });
});
