import { describe, expect, it } from 'vitest';
import { counted, fieldOf, glimpse, problemsOf, variablesOf } from './fields';

const problem = (part: string) => ({ severity: 'error' as const, code: 'x', message: `in ${part}`, part, line: null, fragment: null, fragment_line: null });

describe('the fields of a message', () => {
  it('are counted as the person gets them', () => {
    expect(counted({ max_length: 160 }, 'Hi', undefined)).toEqual({ words: '2 of 160 characters', over: false });
    expect(counted({ max_length: 5 }, 'Hi {{ profile.name }}', 'Hi Ada')).toEqual({ words: '6 of 5 characters for this person', over: true });
    expect(counted({ max_length: 50 }, 'Hi {{ profile.name }}', undefined)).toEqual({ words: '21 of 50 characters as written', over: false });
    expect(counted({ max_length: null }, '👍', undefined)).toEqual({ words: '1 character', over: false });
    expect(counted({ max_length: null }, '', undefined)).toBeNull();
  });

  it('have their problems beside them', () => {
    const { byField, rest } = problemsOf([problem('fields.text'), problem('fields/text'), problem('button'), problem('body')], ['text', 'button']);
    expect(byField['text']).toHaveLength(2);
    expect(byField['button']).toHaveLength(1);
    expect(rest.map((p) => p.part)).toEqual(['body']);
    expect(fieldOf('content.text')).toBe('text');
  });

  it('offer what differs from person to person', () => {
    expect(variablesOf([{ name: 'first_name', label: '' }])[0]?.items[0]).toEqual({ token: '{{ profile.first_name | default("") }}', label: 'First name' });
    expect(glimpse({ title: ' ', text: 'Hello\nthere' })).toBe('Hello');
  });
});
