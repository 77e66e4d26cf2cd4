import { describe, expect, it } from 'vitest';
import type { Promotion } from '../promotions/model';
import { askOf, currencyOf, differences, draftOf, firstDraft, otherWords, type Draft, type Step, type Tested, type TestOrder } from './model';
import { versionChoices, versionsOf } from './Versions';

const draft = { ...firstDraft('EUR'), lines: [{ key: 1, sku: ' A-1 ', quantity: '2', price: '' }, { key: 2, sku: '', quantity: '1', price: '' }] };

const step = (promotion: number, status: Step['status'], why = ''): Step => ({ promotion, name: `P${String(promotion)}`, external_id: null, kind: 'percent_off', status, reason: '', why, measure: 'total', before: '10.00', after: '9.00', lines: [], blocker: null, limited: false });
const tested = (final: string, accrue: Record<string, string>, trace: Step[]) => ({ result: { currency: 'EUR', final, discount: '1.00', redeemed: '0.00', points: { accrue }, trace } }) as unknown as Tested;

describe('a basket that is tried', () => {
  it('asks for lines that have an item, for somebody made up', () => {
    expect(askOf({ ...draft, fields: { city: ' Oslo ', age: 41, vip: null, tags: [] }, segments: [7], points: { stars: '5', miles: ' ' } })).toMatchObject({ lines: [{ sku: 'A-1', quantity: '2' }], participant: { member: true, points: { stars: '5' }, segments: [7], fields: { city: 'Oslo', age: 41 } }, delivery: '0' });
    expect(askOf({ ...draft, fields: { vip: null, tags: [] } })?.participant?.fields).toEqual({});
    expect(askOf(firstDraft('EUR'))).toBeNull();
  });

  it('asks for a person by number or by e-mail, and for nobody before one is named', () => {
    expect(askOf({ ...draft, who: 'person', person: '17' })).toMatchObject({ profile: 17 });
    expect(askOf({ ...draft, who: 'person', person: 'a@b.co' })).toMatchObject({ match: { email: 'a@b.co' } });
    expect(askOf({ ...draft, who: 'person' })).toBeNull();
    expect(askOf({ ...draft, who: 'nobody' })).not.toHaveProperty('participant');
  });

  it('is the same basket after it was saved and loaded', () => {
    const full: Draft = {
      ...draft, member: false, points: { stars: '5' }, levels: { status: 'gold' }, fields: { city: 'Oslo', vip: true }, segments: [3, 4], orders: 2, at: '2026-11-24T10:00', mode: 'best', versions: { 12: 4 },
      channel: 'web', region: 'north', delivery: '4.90', codes: ['SPRING'], redeem: { stars: 'max' }, lines: [{ key: 1, sku: 'A-1', quantity: '2', price: '9.50' }],
    };
    for (const one of [full, { ...full, who: 'nobody' }, { ...full, who: 'person', person: '17' }] as const) {
      const asked = askOf(one);
      expect(asked && askOf(draftOf(asked))).toEqual(asked);
    }
    expect(draftOf(askOf(full) as TestOrder)).toEqual(full);
  });

  it('begins in the currency that points are worth something in', () => {
    expect(currencyOf([{ kind: 'qualification', ratio_currency: 'SEK' }, { kind: 'standard', ratio_currency: 'USD' }])).toBe('USD');
    expect(currencyOf([{ kind: 'qualification', ratio_currency: 'SEK' }])).toBe('SEK');
    expect(currencyOf([{ kind: 'standard', ratio_currency: null }])).toBe('EUR');
  });

  it('says what the other way would give', () => {
    const other = { mode: 'best', final: '35.00', accrue: {}, applied: [8], differs: true, more: '12.50', points: {} } as const, names = new Map([[8, 'Large']]);
    expect(otherWords({ ...other, applied: [8] }, 'EUR', '', names)).toBe('Best for the customer would give €12.50 more: €35.00 to pay, with Large.');
    expect(otherWords({ ...other, mode: 'priority', more: '-1.50', applied: [] }, 'EUR', '5.00 Stars points', names)).toBe('In order would give €1.50 less: €35.00 to pay, earns 5.00 Stars points.');
    expect(otherWords({ ...other, more: '0.00', applied: [8] }, 'EUR', '', names)).toBe('Best for the customer would give as much: €35.00 to pay, with Large.');
  });

  it('says what differs from the pinned result, and nothing when nothing does', () => {
    const a = tested('9.00', { stars: '1' }, [step(1, 'applied'), step(2, 'skipped', 'Another came first')]);
    expect(differences(a, a)).toEqual([]);
    const b = tested('8.00', {}, [step(1, 'rejected', 'It is over'), step(2, 'applied'), step(3, 'rejected', 'It is paused')]);
    expect(differences(a, b).map((row) => [row.label, row.a, row.b])).toEqual([
      ['To pay', '€9.00', '€8.00'], ['Earns stars', '1.00 points', '0.00 points'], ['P1', '−€1.00', 'it is over'], ['P2', 'another came first', '−€1.00'],
    ]);
  });
});

describe('versions', () => {
  const promotion = (id: number, more: object) => ({ id, kind: 'discount', state: 'active', version: 1, draft: null, scheduled: null, definition: { name: `P${String(id)}` }, ...more }) as unknown as Promotion;

  it('offers drafts, scheduled ones and paused promotions, of each at most one', () => {
    const all = [promotion(1, {}), promotion(2, { draft: 3, scheduled: 2 }), promotion(3, { state: 'paused' }), promotion(4, { kind: 'trigger', draft: 2 })];
    expect(versionChoices(all, { 1: 1 }).map((one) => one.label)).toEqual(['P1: version 1, in force', 'P2: version 3, draft', 'P2: version 2, scheduled', 'P3: version 1, in force']);
    expect(versionsOf(['2:3', '3:1', '2:2'])).toEqual({ 2: 2, 3: 1 });
  });
});
