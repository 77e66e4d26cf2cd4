import { describe, expect, it } from 'vitest';
import { branchesOf, expressionOf, forSegment, keyFrom } from './model';

describe('what is inserted into templates', () => {
  it('names values of feeds as templates do', () => {
    expect(expressionOf('weather', ['city', 0, 'min temp', 'a_b'])).toBe('feeds.weather.city[0]["min temp"].a_b');
    expect(expressionOf('w', ['say "hi"'])).toBe('feeds.w["say \\"hi\\""]');
  });
  it('keeps the name of a segment from ending its comment', () => {
    expect(forSegment(12, 'VIP #} {% x %}')).toBe('{% if in_segment(12) %}{# VIP   x  #}\n\n{% endif %}');
  });
  it('makes keys of names', () => {
    expect(keyFrom('Fußzeile & Absender 2', '-')).toBe('fu-zeile-absender-2');
    expect(keyFrom('9 Städte', '_')).toBe('sta_dte');
    expect(keyFrom('###', '-')).toBe('');
  });
});

describe('the tree of a feed', () => {
  it('has a branch for each value, and says how many more there are', () => {
    const tree = branchesOf({ city: ['Oslo', 'Bergen'], empty: '', deep: { a: null } });
    expect(tree.map((b) => [b.label, b.words])).toEqual([['city', 'a list of 2'], ['empty', '(empty)'], ['deep', '1 value']]);
    expect(tree[0]?.children.map((b) => [b.path, b.words])).toEqual([[['city', 0], 'Oslo'], [['city', 1], 'Bergen']]);
    const long = branchesOf({ list: Array.from({ length: 70 }, (_, n) => n) });
    expect([long[0]?.children.length, long[0]?.more]).toEqual([50, 20]);
  });
});
