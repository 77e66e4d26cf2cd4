import { describe, expect, it } from 'vitest';
import { listSearch, pageSearch } from './search';

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
});
