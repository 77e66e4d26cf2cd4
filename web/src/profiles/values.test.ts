import { describe, expect, it } from 'vitest';
import type { Field, FieldType } from './model';
import { empty, fromForm, toForm } from './values';

const field = (type: FieldType, name = 'size'): Field => ({ name, type, label: 'Shoe size' }) as Field;

describe('toForm and fromForm', () => {
  it.each([
    ['string', 'Oslo'], ['integer', 41], ['float', 12.5], ['boolean', false], ['date', '1984-03-11'], ['tags', ['a', 'b']], ['object', { a: 1 }], ['objects', [{ a: 1 }]],
  ] as const)('%s comes back as it went', (type, value) => {
    expect(fromForm(field(type), toForm(field(type), value))).toEqual(value);
  });
  it('keeps "no" apart from "not known"', () => {
    expect(toForm(field('boolean'), false)).toBe('false');
    expect(toForm(field('boolean'), null)).toBeNull();
    expect(fromForm(field('boolean'), null)).toBeNull();
  });
  it('shows phones as a list, whatever their type is called', () => {
    expect(toForm(field('string', 'phones'), ['+4740000000'])).toEqual(['+4740000000']);
    expect(toForm(field('string', 'phones'), null)).toEqual([]);
  });
  it('takes a comma as people write it', () => {
    expect(fromForm(field('float'), '12,5')).toBe(12.5);
  });
  it('says what a value must look like', () => {
    expect(() => fromForm(field('integer'), '41.5')).toThrow('Shoe size must be a whole number, like 41');
    expect(() => fromForm(field('float'), 'many')).toThrow('Shoe size must be a number, like 12.5');
    expect(() => fromForm(field('object'), '{')).toThrow('Shoe size must be valid JSON');
  });
  it('refuses a whole number that would be rounded', () => {
    expect(() => fromForm(field('integer'), '9007199254740993')).toThrow('too large');
  });
});

describe('empty', () => {
  it('is nothing, no text and no tag, but not "no"', () => {
    expect([null, '', [] as string[]].map(empty)).toEqual([true, true, true]);
    expect(['0', 'false', ['a']].map(empty)).toEqual([false, false, false]);
  });
});
