import { describe, expect, it } from 'vitest';
import { asked, definitionsIn, mapsOf } from './model';

describe('definitions in a file', () => {
  it('takes a list, one definition, or an answer that holds them', () => {
    expect(definitionsIn('[{"id": 1}]')).toEqual([{ id: 1 }]);
    expect(definitionsIn('{"id": 1, "segment": []}')).toEqual([{ id: 1, segment: [] }]);
    expect(definitionsIn('{"error": 0, "data": [{"id": 1}, {"id": 2}]}')).toHaveLength(2);
    expect(definitionsIn('{"data": {"id": 1, "segment": []}}')).toEqual([{ id: 1, segment: [] }]);
  });

  it('says what is wrong', () => {
    expect(() => definitionsIn('{]')).toThrow(/not JSON/);
    expect(() => definitionsIn('[]')).toThrow(/no definitions/);
    expect(() => definitionsIn('[1]')).toThrow(/no definitions/);
    expect(() => definitionsIn(JSON.stringify(Array(1001).fill({})))).toThrow(/1,000/);
  });
});

it('leaves out what was not explained, and takes domains apart', () => {
  const maps = mapsOf({ databases: { 5: '2', 9: '' }, domain_groups: { gmail: 'gmail.com, googlemail.com' }, fields: { shoe: 'size' } });
  expect(maps).toMatchObject({ databases: { 5: 2 }, fields: { shoe: 'size' }, domain_groups: { gmail: ['gmail.com', 'googlemail.com'] }, resources: {} });
});

it('keeps asking for what was explained, so that it can be changed', () => {
  const report = { dry_run: true, converted: 0, proposed: 0, refused: 0, unreadable: 0, items: [], unknown: [{ kind: 'fields' as const, theirs: 'shoe' }] };
  expect(asked(report, { databases: { 5: '2' }, fields: { shoe: '' } })).toEqual([{ kind: 'databases', theirs: '5' }, { kind: 'fields', theirs: 'shoe' }]);
});
