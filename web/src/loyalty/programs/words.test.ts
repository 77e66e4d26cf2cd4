import { expect, test } from 'vitest';
import { bodyOf, check, newLevel, valuesOf } from './levels/form';
import { brandsOf, ofBrands, productWords } from './partners/form';
import { expiryOf, iso, split, valuesOf as pointValues } from './points/form';
import { dayWords, expiryWords, groupWords, periodWords, reviewWords } from './words';

test('periods and days read as people say them', () => {
  expect([periodWords('P14D'), periodWords('P1M'), periodWords('P1Y6M'), periodWords('PT24H')]).toEqual(['14 days', '1 month', '1 year and 6 months', '24 hours']);
  expect(dayWords('12-31')).toBe('31 December');
  expect(expiryWords({ kind: 'end_of', unit: 'month', period: 'P12M', on: null })).toBe('lapse after 12 months, at the end of that month');
  expect(expiryWords({ kind: 'fixed', on: '12-31', unit: null, period: null })).toBe('lapse every year at the end of 31 December');
  expect(expiryWords({ kind: 'never', on: null, unit: null, period: null })).toBe('never lapse');
});

test('what is typed becomes a duration, and back', () => {
  expect([split('P14D', 'M'), split('PT24H', 'D'), split(null, 'M'), split('P1Y6M', 'M')]).toEqual([['14', 'D'], ['24', 'TH'], ['', 'M'], ['', 'M']]);
  expect([iso(14, 'D'), iso('24', 'TH'), iso('', 'D')]).toEqual(['P14D', 'PT24H', null]);
  expect(expiryOf({ ...pointValues(undefined), expiry: 'end_of', unit: 'year', period: '', period_unit: 'M' })).toEqual({ kind: 'end_of', period: null, unit: 'year', on: null });
});

test('a level group says how members move, and names the level to begin on', () => {
  const values = valuesOf(undefined, '7');
  const body = bodyOf(values);
  expect(body.entry).toBe('basic');
  expect(body.levels.map((l) => [l.name, l.threshold])).toEqual([['Basic', '0'], ['Silver', '500'], ['Gold', '1500']]);
  expect(Object.values(check(values)).every((fault) => fault === null)).toBe(true);
  expect(check({ ...values, levels: [...values.levels, { ...newLevel(), name: 'Top', threshold: '10' }] })).toMatchObject({ 'levels.3.threshold': 'A higher level takes more points' });
  const group = { id: 1, key: 'status', name: 'Status', point_type_id: 7, mode: 'cumulative' as const, upgrade: 'immediate' as const, downgrade: 'one_step' as const, grace_days: 30, entry: null, levels: [], review: { kind: 'dates' as const, months: null, start: null, dates: ['01-01'] }, reset: { when: 'at_review' as const, how: 'to_zero' as const, date: null } };
  expect(groupWords(group, 'Miles')).toEqual([
    'Counted are all Miles earned; counting begins anew at every review.', 'Members move up as soon as they have the points.',
    'Levels are reviewed every year on 1 January: who has too few points moves one level down, after 30 more days to catch up.',
  ]);
  expect(reviewWords({ kind: 'every', months: 12, start: 'join', dates: [] })).toBe('A level is reviewed a year after joining, and again after as long');
});

test('a partner has brands, all products, or a condition that is left alone', () => {
  expect(brandsOf(ofBrands(['Mugs']))).toEqual(['Mugs']);
  expect([productWords(null), productWords(ofBrands(['A', 'B'])), productWords({ kind: 'always' })]).toEqual(['all products', 'A, B', 'by a condition']);
});
