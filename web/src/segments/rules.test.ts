import { describe, expect, it } from 'vitest';
import { readTree, writeTree, type Json } from '@/conditions';
import { conditionOfSet } from './BuilderPage';
import { partHref } from './ComparePage';
import { withRules } from './ImportRules';
import { scheduleWords } from './model';

const eq = (value: string): Json => ({ kind: 'compare', field: 'profile.city', op: 'eq', value });
const all = (...of: Json[]): Json => ({ kind: 'all', of });
const any = (...of: Json[]): Json => ({ kind: 'any', of });
const not = (of: Json): Json => ({ kind: 'not', of });
const joined = (mine: Json | null, theirs: Json) => writeTree(withRules(readTree(mine), readTree(theirs))).condition;

describe('rules of another segment', () => {
  it('keep their meaning behind one\'s own', () => {
    expect(joined(null, any(eq('a'), eq('b')))).toEqual(any(eq('a'), eq('b')));
    expect(joined(all(eq('x'), eq('y')), any(eq('a'), eq('b')))).toEqual(all(eq('x'), eq('y'), any(eq('a'), eq('b'))));
    expect(joined(any(eq('x'), eq('y')), all(eq('a'), eq('b')))).toEqual(any(eq('x'), eq('y'), all(eq('a'), eq('b'))));
    expect(joined(all(eq('x'), not(any(eq('z')))), all(eq('a'), not(any(eq('b')))))).toEqual(all(all(eq('x'), eq('a')), not(any(eq('z'), eq('b')))));
  });
});

describe('a part of a comparison', () => {
  it('becomes the rules of a new segment', () => {
    expect(partHref([1, 2], [1, 2, 3])).toBe('/segments/new?type=dynamic&start=set:1,2!3');
    const member = (segment: number): Json => ({ kind: 'member', of: { segment } });
    expect(conditionOfSet('set:1,2!3')).toEqual(all(all(member(1), member(2)), not(any(member(3)))));
    expect(conditionOfSet('set:4')).toEqual(member(4));
    expect(conditionOfSet('lapsed')).toBeNull();
  });
});

describe('a schedule', () => {
  it('reads back', () => {
    expect(scheduleWords({ at: '04:30', weekdays: ['friday', 'monday'] }, 'Europe/Oslo')).toBe('every Monday and Friday at 04:30 Europe/Oslo');
    expect(scheduleWords(null, 'UTC')).toBe('only when somebody starts it');
  });
});
