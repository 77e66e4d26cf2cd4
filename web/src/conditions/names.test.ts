import { describe, expect, it } from 'vitest';
import { objectEntries, ownProperty, seenProperties } from './entries';
import { vocabulary } from './language.cases';
import { keysText, propertyIn, propertyOf, readName, typedKeys } from './names';
import { fieldOptions, openNames, sourceOptions, takesField, takesSource } from './otherValues';
import { rule } from './tree';
import { fieldOf, wordsOf } from './vocabulary';

const words = wordsOf({ ...vocabulary, fields: [...vocabulary.fields, { ...vocabulary.fields[0]!, name: 'profile.car', label: 'Car', type: 'object' }, { ...vocabulary.fields[0]!, name: 'profile.labels', label: 'Labels', type: 'tags' }] });
const city = words.field('profile.city')!;

describe('names of properties', () => {
  it('keep keys of any characters, and come back as they were', () => {
    for (const keys of [['make'], ['a.b'], ['a', 'b'], ['say "hi"', 'back\\slash', '[0]'], ['first name'], ['']]) {
      expect(readName(propertyOf('profile.car', keys))).toEqual({ base: 'profile.car', keys });
      expect(typedKeys(keysText(keys))).toEqual(keys[0] === '' ? [''] : keys);
    }
    expect(propertyIn('event', ['cart', 'total'])).toBe('event.cart.total');
    expect(propertyIn('item', ['a.b', 'c'])).toBe('item["a.b"]["c"]');
    expect(typedKeys('cart.total')).toEqual(['cart', 'total']);
    expect(typedKeys('["cart.total"]')).toEqual(['cart.total']);
    expect([readName('profile.car["a"'), readName('profile.car["a"]x'), readName('["a"]')]).toEqual([null, null, null]);
  });

  it('are offered by their keys, so that a dot in a key is no step', () => {
    const seen = [{ name: 'a.b', keys: ['a.b'], types: ['float'] }, { name: 'a.b', keys: ['a', 'b'], types: ['string'] }];
    const made = objectEntries(words, new Map([['profile.car', seen]])).map((e) => e.make());
    expect(made.map((r) => [r.node.field, r.node.as])).toEqual([['profile.car["a.b"]', 'float'], ['profile.car["a"]["b"]', 'string']]);
    expect(fieldOf(words, made[0]!, null)?.label).toBe('Car › a.b');
    const carts = rule({ kind: 'occurred', event: 'custom.cart' });
    expect(seenProperties(words, carts, seen).map((e) => e.make().node.field)).toEqual(['event.a.b']);
    expect(ownProperty(words, null, 'Car maker.name', [])[0]?.make().node.field).toBe('profile.car["maker"]["name"]');
  });
});

describe('other values', () => {
  it('are what the vocabulary says fits', () => {
    expect(fieldOptions(words, city, 'in', null).map((o) => o.value)).toEqual(['profile.home']);
    const wide = wordsOf({ ...words.raw, types: [{ key: 'string', label: 'text', fits: ['string', 'tags', 'float'] }], operators: [...words.raw.operators, { ...words.raw.operators[0]!, key: 'any_of', types: ['tags'] }] });
    expect(fieldOptions(wide, city, 'in', null).map((o) => o.value)).toEqual(['profile.home', 'profile.labels']);
    expect(fieldOptions(wide, city, 'eq', null).map((o) => o.value)).toEqual(['profile.home']);
    expect(sourceOptions(words, city)).toHaveLength(2);
    expect(sourceOptions(words, words.field('profile.spent')!)).toEqual([]);
    expect([takesField(words, 'eq'), takesSource(words, 'eq'), takesSource(words, 'in'), takesField(words, 'matches')]).toEqual([true, false, true, false]);
  });

  it('may be of the rows around, also properties nobody declared', () => {
    const inside = { ...rule({ kind: 'occurred', event: 'custom.cart' }), outer: rule({ kind: 'related', link: 'orders' }) };
    expect(fieldOptions(words, city, 'eq', inside).map((o) => o.value)).toEqual(['order.status', 'profile.home']);
    expect(openNames(words, inside).map((o) => o.value)).toEqual(['event', 'profile.car']);
    expect(fieldOf(words, rule({ kind: 'compare', field: 'order.status', op: 'eq' }), inside)?.label).toBe('Status');
  });
});
