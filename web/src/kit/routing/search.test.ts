import { describe, expect, it } from 'vitest';
import { listSearch, pageSearch, searchForm } from './search';

describe('what an address may carry', () => {
  it('keeps known filters as lists and drops the rest', () => {
    const read = listSearch(['type', 'status']);
    expect(read({ q: 'gold', sort: '-name', filter: { type: 'static', status: ['a', 'b'], evil: 'x' }, other: 1 })).toEqual({ q: 'gold', sort: '-name', filter: { type: ['static'], status: ['a', 'b'] } });
  });
  it('takes numbers for words, since addresses do not tell them apart', () => {
    expect(listSearch([])({ q: 17 })).toEqual({ q: '17' });
    expect(pageSearch({ tab: 'runs', drawer: 'profile:17', q: 'x' })).toEqual({ tab: 'runs', drawer: 'profile:17' });
    expect(pageSearch({ tab: '', drawer: null })).toEqual({});
  });
  it.each(['1e5', '12345e67', '9e999', '12345678901234567890', '1.0', '-0', '0017', '17', 'true', 'null', '{"a":1}', '"17"', 'Ann & Bob'])('reads and writes the word %s as it is', (q) => {
    const { parseSearch, stringifySearch } = searchForm;
    expect(parseSearch(stringifySearch({ q }))).toEqual({ q });
  });
  it.each(['1e5', '12345e67', '12345678901234567890', '17'])('finds the word %s in a link that was written by hand', (q) => {
    expect(listSearch([])(searchForm.parseSearch(`?q=${q}`))).toEqual({ q });
  });
});
