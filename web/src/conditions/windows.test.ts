import { describe, expect, it } from 'vitest';
import { finishedBy } from './choices';
import { groupOf } from './groups';
import { memberOfWords, membershipsOf } from './memberships';
import { otherKind, sourceOptions } from './otherValues';
import { ruleWords } from './sentence';
import { readNodes, rule, type Json } from './tree';
import { madeField, wordsOf, type Vocabulary } from './vocabulary';
import { calendarChoices, calendarValue, offered, readCalendar, windowFinished, windowKind, windowWords } from './windows';

const operators = [
  { key: 'in', label: 'is one of', shape: 'list', types: ['string'], sentence: '', negative: '' },
  { key: 'gt', label: 'is more than', shape: 'one', types: ['decimal', 'integer'], sentence: '', negative: '' },
  { key: 'gte', label: 'is at least', shape: 'one', types: ['decimal', 'integer'], sentence: '', negative: '' },
];
const raw = {
  rows: { figures: ['gt', 'gte'], distinct: ['string'], since: ['cart.updated'] },
  subject: 'profile', categories: [], counts: ['gte', 'gt', 'lte'], types: [{ key: 'string', label: 'text', fits: ['string', 'enum'] }], operators, fields: [],
  events: [{ name: 'cart.updated', label: 'Cart updated', category: '', live: false, open: true, one: 'cart', many: 'carts', properties: [] }],
  links: [{ name: 'orders', label: 'Order', category: '', live: false, of: 'profile', to: 'order', time: 'order.created_at', open: false, prefix: 'order', one: 'order', many: 'orders', fields: [] }],
  measures: [{ fn: 'sum', label: 'the sum of', types: ['decimal'], operators: { decimal: ['gt', 'gte'] } }],
  memberships: [
    { key: 'global_control', subject: 'profile', of: 'profile', label: 'Control group', choices: [], groups: [], states: ['now'], entries: false }, { key: 'segment', subject: 'profile', of: 'profile', label: 'Segment', choices: [], groups: [], states: ['now', 'ever', 'left'], entries: true },
    { key: 'campaign', subject: 'profile', of: 'profile', label: 'Campaign', choices: [{ value: '3', label: 'Winter' }], groups: ['test', 'control'], states: ['now'], entries: false },
  ],
  sources: [{ list: 31, title: 'Newsletter 2019', type: 'string', rows: 5000 }, { table: 'stores', column: 'opened', title: 'Stores: opened', type: 'date' }],
} as unknown as Vocabulary;
const words = wordsOf(raw);
const done = (node: Json) => finishedBy(words)(rule(node), null);

describe('windows', () => {
  it('knows its kinds, and calls what is half chosen unfinished', () => {
    const cases: [Json | undefined, string, boolean, string][] = [
      [undefined, 'ever', true, ''], [{ by: 'paid_at' }, 'ever', true, ''], [{ last: 'P30D' }, 'last', true, 'in the last 30 days'], [{ last: 'P' }, 'last', false, 'in the last P'],
      [{ calendar: 'quarter', offset: -1 }, 'calendar', true, 'last quarter'], [{ calendar: 'day' }, 'calendar', true, 'today'], [{ calendar: 'month', offset: -3 }, 'calendar', true, '3 months before this one'],
      [{ since: { event: '', which: 'last' } }, 'since', false, 'since the last event'], [{ since: { event: 'cart.updated', which: 'first' } }, 'since', true, 'since the first cart'],
      [{ from: '2026-01-01', to: null }, 'range', false, 'between 2026-01-01 and …'], [{ from: '2026-01-01' }, 'from', true, 'since 2026-01-01'],
    ];
    for (const [within, kind, finished, said] of cases) expect([windowKind(within), windowFinished(within), windowWords(words, within)], JSON.stringify(within)).toEqual([kind, finished, said]);
  });

  it('keeps a calendar span nobody offers, which is edited by its distance', () => {
    const odd = { calendar: 'week', offset: -7 };
    expect(offered(calendarValue(odd))).toBe(false);
    expect(calendarChoices(['week', 'month']).map((c) => c.value)).toEqual(['week 0', 'week -1', 'week 1', 'month 0', 'month -1', 'month 1', 'month -12', 'other']);
    expect(readCalendar(calendarValue(odd))).toEqual(odd);
    expect(readCalendar('month 0')).toEqual({ calendar: 'month' });
  });
});

describe('rules of the whole language', () => {
  it('are unfinished until figure, choice and membership have all they need', () => {
    const figure = { link: 'orders', within: { calendar: 'quarter', offset: -1 }, fn: 'sum', of: 'total' };
    expect(done({ kind: 'related', link: 'orders', measure: { fn: 'sum', of: 'total', op: 'gt', value: { figure } } })).toBe(true);
    expect(done({ kind: 'related', link: 'orders', measure: { fn: 'sum', of: 'total', op: 'gt', value: { figure: { ...figure, of: undefined } } } })).toBe(false);
    expect(done({ kind: 'related', link: 'orders', take: { latest: null } })).toBe(false);
    expect(done({ kind: 'member', of: { campaign: null } })).toBe(false);
    expect(done({ kind: 'member', of: { global_control: true } })).toBe(true);
    expect(done({ kind: 'compare', field: 'profile.city', op: 'in', value: { list: 31 } })).toBe(true);
    expect(done({ kind: 'compare', field: 'profile.city', op: 'in', value: { table: 'stores', column: '' } })).toBe(false);
  });

  it('read in words', () => {
    const spent = rule({ kind: 'related', link: 'orders', take: { latest: 5 }, within: { calendar: 'quarter' }, measure: { fn: 'sum', of: 'total', op: 'gt', value: { figure: { link: 'orders', fn: 'sum', of: 'total', within: { calendar: 'quarter', offset: -1 } } } } });
    expect(ruleWords(words, spent, null)).toBe('Order at least 1 time, this quarter, of the last 5 orders, the sum of total is more than the sum of total of orders last quarter');
    expect(ruleWords(words, rule({ kind: 'member', of: { segment: 7 }, state: 'left', within: { last: 'P90D' } }), null, new Map([[7, 'VIP']]))).toBe('Has left the segment VIP in the last 90 days');
    expect(memberOfWords(words, { campaign: 3, group: 'control' })).toBe('the control group of the campaign Winter');
  });

  it('offers memberships and lists that are served, of a fitting type', () => {
    expect(membershipsOf(words, new Map()).map((m) => [m.key, m.names === null])).toEqual([['segment', false], ['global_control', true], ['campaign', false]]);
    expect(sourceOptions(words, madeField('profile.city', 'City', 'string', words)).map((o) => o.json)).toEqual([{ list: 31 }]);
    expect([otherKind({ field: 'profile.city' }), otherKind({ table: 'a', column: 'b' }), otherKind(['Oslo']), otherKind('Oslo')]).toEqual(['field', 'table', undefined, undefined]);
  });

  it('keeps kinds it does not know when they are pasted', () => {
    expect(readNodes('{"kind":"weather","of":"rain"}')?.[0]).toMatchObject({ kind: 'rule', node: { kind: 'weather', of: 'rain' } });
    expect(readNodes('{"city":"Oslo"}')).toBeNull();
  });

  it('puts every category into one of the groups', () => {
    expect(['Person', 'Consent', 'Messages', 'Segments, campaigns and scenarios', 'Orders and products', 'Loyalty', 'Custom events', 'Data tables'].map((c) => groupOf(c).key)).toEqual(['profile', 'subscriptions', 'messages', 'segments', 'orders', 'loyalty', 'events', 'tables']);
    expect(groupOf('Weather').label).toBe('Weather');
  });
});
