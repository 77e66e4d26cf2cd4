import { describe, expect, it } from 'vitest';
import type { Mailing } from '../model';
import { checkSplit, letter, splitOf, splitValues, stateWords, type TestReport } from './model';

const mailing = (type: Mailing['type'], split: Mailing['split'] = null) => ({ type, split }) as unknown as Mailing;
const test: TestReport = {
  state: 'waiting', metric: 'clicked', event: '', minimum: 0, decides_at: '2026-11-24T10:00:00Z', extended: false, leader: 2, confidence: 91, winner: null, why: '', by: '', decided_at: null, held: 80, variants: [],
};

describe('the split of a mailing in the form', () => {
  it('comes back as it was stored', () => {
    const stored = { variants: [{ template_id: 3, subject: 'Hi', from_name: '' }, { template_id: 4, subject: '', from_name: 'Ann' }], test: { share: null, count: 500, metric: 'goal' as const, event: 'custom.signup', wait: 5400, until: null, confidence: 90, tie: 'first' as const, extend: true, fallback: 'person' as const } };
    expect(splitOf(splitValues(mailing('multivariate', stored)), 'multivariate')).toEqual(stored);
  });
  it('says waits in the largest whole unit', () => {
    const of = (wait: number) => { const v = splitValues(mailing('multivariate', { variants: [], test: { wait } })).test; return [v.wait, v.unit]; };
    expect([of(5400), of(7200), of(172_800)]).toEqual([[90, 'minutes'], [2, 'hours'], [2, 'days']]);
  });
  it('is nothing for a broadcast with one template, and two empty variants for a test', () => {
    expect(splitOf(splitValues(mailing('broadcast')), 'broadcast')).toBeNull();
    expect(splitValues(mailing('multivariate')).variants).toHaveLength(2);
  });
  it('asks for what is missing', () => {
    const v = splitValues(mailing('multivariate'));
    v.variants[0] = { template_id: '3', subject: '', from_name: '' };
    v.test.share = 0;
    v.test.confidence = 20;
    expect(Object.keys(checkSplit(v, 'multivariate')).sort()).toEqual(['split.test.confidence', 'split.test.share', 'split.variants.1.template_id']);
  });
});

describe('where a test stands', () => {
  it('is said in a sentence', () => {
    expect(stateWords(test, false)).toMatch(/^Decides Tue 24 Nov 2026.*; 80 people wait for the winner\.$/);
    expect(stateWords({ ...test, state: 'decided', winner: 2, why: 'it has the most clicks', decided_at: '2026-11-24T10:00:01Z' }, true)).toMatch(/^B won on .* and went to 80 more: it has the most clicks\.$/);
    expect(stateWords({ ...test, state: 'nobody', why: 'nobody has reacted' }, true)).toBe('No variant won: nobody has reacted. 80 people were left out.');
    expect(stateWords(test, true)).toBe('The mailing ended before a winner was chosen.');
  });
  it('calls variants by letters', () => { expect([letter(1), letter(8)]).toEqual(['A', 'H']); });
});
