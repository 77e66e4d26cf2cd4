import { describe, expect, it } from 'vitest';
import { conditionsText, keyOf, snippetOf, type Goal } from './model';

const goal = (conditions: Goal['conditions']): Goal => ({ id: 1, database_id: 1, key: 'a', name: 'A', description: '', default_value: null, currency: null, conditions, active: true, archived_at: null, created_at: '', updated_at: '' });

describe('goals', () => {
  it('makes a key of a name', () => {
    expect(keyOf('Signed up!')).toBe('signed_up');
    expect(keyOf('  Été 2026 – offre ')).toMatch(/^[a-z0-9][a-z0-9_]*$/);
    expect(keyOf('x'.repeat(100))).toHaveLength(64);
  });

  it('says when a goal is reached', () => {
    expect(conditionsText(goal([]))).toBe('By your code');
    expect(conditionsText(goal([{ when: 'address', contains: '/thanks' }, { when: 'scroll', percent: 80, contains: '/blog' }])))
      .toBe('the address contains /thanks, or somebody scrolls down 80 % where the address contains /blog');
  });

  it('gives the lines for a site', () => {
    expect(snippetOf('https://news.example.org', 'wk_1')).toContain('src="https://news.example.org/s/wk_1.js"');
  });
});
