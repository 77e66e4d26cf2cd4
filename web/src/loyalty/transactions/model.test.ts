import { describe, expect, it } from 'vitest';
import { outcome } from './AdjustPoints';
import { firstDay, plus, sourceOf, typeWords, whoOf, type Balance, type Transaction } from './model';

describe('sums of decimal texts', () => {
  it.each([
    ['0.1', '0.2', '0.3'], ['100.5', '-100.5', '0'], ['3.2', '-4.3', '-1.1'], ['99999999999999.9999', '0.0001', '100000000000000'], ['10', '−4', '6'], ['0', '+7', '7'], ['-0.5', '0.25', '-0.25'],
  ])('%s and %s are %s, exactly', (a, b, sum) => { expect(plus(a, b)).toBe(sum); });
  it.each(['', 'ten', '1,5', '1.23456', '1e3', '--1'])('%s is no number', (text) => { expect(plus('1', text)).toBeNull(); });
});

const balance = { points: 'stars', active: '30', total: '50' } as Balance;

describe('what a correction leads to', () => {
  it('says the balance before it is written', () => { expect(outcome(balance, '20.5')).toEqual({ text: 'Balance 50.00 points → 70.50 points', bad: false }); });
  it('says when more is taken away than can be spent, though more is to come', () => { expect(outcome(balance, '-31')).toEqual({ text: 'Only 30.00 points can be taken away now', bad: true }); });
  it('takes away what can be spent to the last point', () => { expect(outcome(balance, '-30')?.bad).toBe(false); });
  it('says nothing of what is no number', () => { expect(outcome(balance, 'x')).toBeNull(); });
});

it('says where a transaction comes from and whose it is', () => {
  const row = { source_type: 'order', source_id: '9', member: null, profile_id: 17, type: 'time_out' } as Transaction;
  expect(sourceOf(row)).toBe('order 9');
  expect(sourceOf({ ...row, source_type: 'manual' })).toBe('by hand');
  expect(sourceOf({ ...row, source_type: '' })).toBeNull();
  expect(whoOf(row)).toBe('Member 17');
  expect(whoOf({ ...row, profile_id: 0 })).toBe('erased');
  expect(typeWords(row.type)).toBe('Hold ran out of time');
});

it('counts a period back from today', () => {
  expect(firstDay('7', Date.UTC(2026, 10, 16, 12))).toBe('2026-11-09');
  expect(firstDay(undefined)).toBeUndefined();
});
