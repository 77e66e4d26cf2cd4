import { describe, expect, it } from 'vitest';
import { valuesIn } from './Chips';
import { carry, valueFinished, type Choice } from './choices';
import { durationWords, edgeOf, readSpan, writeSpan } from './duration';
import { lineOf, nodeAt, problemsOf } from './marks';
import { allRules } from './edit';
import { readTree, writeTree, type Json } from './tree';

const eq = (value: string): Json => ({ kind: 'compare', field: 'profile.city', op: 'eq', value });

describe('where the server points', () => {
  const condition: Json = { kind: 'all', of: [eq('a'), { kind: 'not', of: { kind: 'any', of: [eq('b'), eq('c')] } }] };
  const tree = readTree(condition), written = writeTree(tree);

  it('finds the deepest node at or above a pointer', () => {
    const [, , c] = allRules(tree);
    expect(nodeAt(written, '/of/1/of/of/1/value/0')).toBe(c?.id);
    expect(problemsOf(written, [{ pointer: '/condition/of/1/of/of/1/op', message: 'wrong' }, { pointer: '/name', message: 'taken' }])).toEqual(new Map([[c?.id, ['wrong']], ['', ['taken']]]));
  });

  it('finds the line in the printed JSON', () => {
    const lines = JSON.stringify(condition, null, 2).split('\n');
    expect(lines[lineOf(condition, '/of/1/of/of/1/value') - 1]).toContain('"value": "c"');
    expect(lines[lineOf(condition, '/of/0/nothing') - 1]).toBe('    {');
  });
});

describe('values', () => {
  it('reads pasted columns and lists once each', () => {
    expect(valuesIn('Oslo\r\nBergen\n\nOslo')).toEqual(['Oslo', 'Bergen']);
    expect(valuesIn('Oslo, Bergen')).toEqual(['Oslo', 'Bergen']);
    expect(valuesIn('Oslo, Norway\nRome, Italy')).toEqual(['Oslo, Norway', 'Rome, Italy']);
  });

  it('keeps durations of one part and leaves others alone', () => {
    expect(readSpan('-P60D')).toEqual({ amount: 60, unit: 'D', past: true });
    expect(readSpan('P1Y6M')).toBeNull();
    for (const text of ['P30D', '-P2W', 'P6M', 'PT12H', 'PT5M']) expect(writeSpan(readSpan(text)!)).toBe(text);
    expect(durationWords('PT1H')).toBe('1 hour');
    expect(edgeOf('P1M', new Date('2026-11-21T12:00:00Z'))?.toISOString().slice(0, 10)).toBe('2026-10-21');
  });

  it('carries a value to another operator as far as it fits', () => {
    const to = (shape: string, ago?: 'past' | 'ahead'): Choice => ({ key: 'x', op: 'x', label: 'x', negated: false, shape, ...(ago ? { ago } : {}) });
    expect(carry(['a', 'b'], to('one'), 'string')).toBe('a');
    expect(carry('a', to('list'), 'string')).toEqual(['a']);
    expect(carry('P10D', to('when', 'past'), 'date')).toBe('-P10D');
    expect(carry('-P10D', to('when'), 'date')).toBeUndefined();
    expect(carry('a', to('none'), 'string')).toBeUndefined();
  });

  it('knows when something is missing', () => {
    expect(valueFinished('list', [])).toBe(false);
    expect(valueFinished('range', [1, null])).toBe(false);
    expect(valueFinished('duration', 'P')).toBe(false);
    expect(valueFinished('one', false)).toBe(true);
    expect(valueFinished('none', undefined)).toBe(true);
  });
});
