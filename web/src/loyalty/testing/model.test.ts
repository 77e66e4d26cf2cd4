import { describe, expect, it } from 'vitest';
import { askOf, differences, firstDraft, type Step, type Tested } from './model';

const draft = { ...firstDraft('EUR'), lines: [{ key: 1, sku: ' A-1 ', quantity: '2', price: '' }, { key: 2, sku: '', quantity: '1', price: '' }] };

const step = (promotion: number, status: Step['status'], why = ''): Step => ({ promotion, name: `P${String(promotion)}`, external_id: null, kind: 'percent_off', status, reason: '', why, measure: 'total', before: '10.00', after: '9.00', lines: [], blocker: null, limited: false });
const tested = (final: string, accrue: Record<string, string>, trace: Step[]) => ({ result: { final, points: { accrue }, trace } }) as unknown as Tested;

describe('a basket that is tried', () => {
  it('asks for lines that have an item, for somebody made up', () => {
    expect(askOf({ ...draft, city: ' Oslo ', points: { stars: '5', miles: ' ' } })).toMatchObject({ lines: [{ sku: 'A-1', quantity: '2' }], participant: { member: true, points: { stars: '5' }, fields: { city: 'Oslo' } }, delivery: '0' });
    expect(askOf(firstDraft('EUR'))).toBeNull();
  });

  it('asks for a person by number or by e-mail, and for nobody before one is named', () => {
    expect(askOf({ ...draft, who: 'person', person: '17' })).toMatchObject({ profile: 17 });
    expect(askOf({ ...draft, who: 'person', person: 'a@b.co' })).toMatchObject({ match: { email: 'a@b.co' } });
    expect(askOf({ ...draft, who: 'person' })).toBeNull();
    expect(askOf({ ...draft, who: 'nobody' })).not.toHaveProperty('participant');
  });

  it('says what differs from the pinned result, and nothing when nothing does', () => {
    const a = tested('9.00', { stars: '1' }, [step(1, 'applied'), step(2, 'skipped', 'Another came first')]);
    expect(differences(a, a)).toEqual([]);
    const b = tested('8.00', {}, [step(1, 'rejected', 'It is over'), step(2, 'applied')]);
    expect(differences(a, b)).toEqual(['To pay 9.00 → 8.00', 'Earns 1 → 0 stars', 'P1: applied → it is over', 'P2: another came first → applied']);
  });
});
