import { expect, it } from 'vitest';
import { isUnder } from './menu';

const program = ['/loyalty/programs'], promotions = ['/loyalty/promotions', '/loyalty/order-segments'];
const lit = (path: string) => [isUnder(path, program), isUnder(path, promotions)];

it('lights the place whose page is open, a promotion that of the promotions', () => {
  expect(lit('/loyalty/programs/3')).toEqual([true, false]);
  expect(lit('/loyalty/programs/3/promotions/7')).toEqual([false, true]);
  expect(lit('/loyalty/programs/3/promotions-x')).toEqual([true, false]);
  expect(lit('/loyalty/promotions/new')).toEqual([false, true]);
  expect([isUnder('/', ['/']), isUnder('/mailbox', ['/']), isUnder('/mailings-x', ['/mailings'])]).toEqual([true, false, false]);
});
