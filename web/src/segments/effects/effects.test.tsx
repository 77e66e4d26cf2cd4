import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { EffectTable, StrataEffects } from './EffectTable';
import { reachOf } from './RangeLine';
import { VerdictPanel } from './VerdictPanel';
import { change, extraWords, halves, relatively, written, type Effect } from './words';

const effect: Effect = { key: 'conversion', label: 'People who bought', unit: 'share', others: 0.092, control: 0.064, counts: { others: [1119, 12160], control: [41, 640] }, difference: 0.028, low: 0.006, high: 0.045, relative: 0.44, relative_low: 0.1, relative_high: 0.9, extra: 340, extra_low: 69, extra_high: 551, detectable: 0.027, needed: null, verdict: 'higher' };
const few: Effect = { ...effect, key: 'revenue', label: 'Revenue a person', unit: 'money', others: 8.1, control: 7.4, counts: undefined, difference: 0.7, low: null, high: null, verdict: 'too_few' };
const noun = { more: 'extra buyers', fewer: 'buyers lost' };

describe('figures', () => {
  it('are written by their unit', () => {
    expect(written({ unit: 'share' }, 0.092, null)).toBe('9.2 %');
    expect(written({ unit: 'money' }, 12.5, 'EUR')).toBe('€12.50');
    expect(written({ unit: 'number' }, null, null)).toBe('–');
    expect(change({ unit: 'share' }, -0.028, null)).toBe('−2.8 points');
    expect(change({ unit: 'money' }, 1.5, 'EUR')).toBe('+€1.50');
    expect(change({ unit: 'share' }, 0.0001, null)).toBe('0.0 points');
    expect(relatively(-0.052)).toBe('−5.2 %');
  });
  it('become people, and nothing while it cannot be told', () => {
    expect(extraWords(effect, noun, 'the test group')).toBe('That is about 340 extra buyers among the test group (69 to 551).');
    expect(extraWords({ ...effect, verdict: 'lower', extra: -340, extra_low: -551, extra_high: -69 }, noun, 'the test group')).toBe('That is about 340 buyers lost among the test group (69 to 551).');
    expect(extraWords({ ...effect, verdict: 'cannot_tell' }, noun, 'the test group')).toBeNull();
  });
  it('have a headline of two halves', () => {
    expect(halves('The campaign worked: 9.2 % of the test group bought')).toEqual({ verdict: 'The campaign worked', because: '9.2 % of the test group bought' });
    expect(halves('Nobody was kept back')).toEqual({ verdict: 'Nobody was kept back', because: '' });
    expect(halves('There is no control group. 5 of 9 reached shop: buy.', '. ')).toEqual({ verdict: 'There is no control group', because: '5 of 9 reached shop: buy.' });
  });
});

describe('the table of effects', () => {
  it('draws each range around 0, and none where a point would mislead', async () => {
    await renderPage(<EffectTable rows={[effect, few]} currency="EUR" others="Test group" are="Test group is" />);
    const [, bought, revenue] = screen.getAllByRole('row').map((row) => within(row));
    expect(bought?.getByText('9.2 % (1,119 of 12,160)')).toBeInTheDocument();
    expect(bought?.getByText('+0.6 to +4.5 points')).toBeInTheDocument();
    expect(bought?.getByTestId('range')).toBeInTheDocument();
    expect(revenue?.getByText('needs more buyers')).toBeInTheDocument();
    expect(revenue?.queryByText('+€0.70')).toBeNull();
    expect(revenue?.queryByTestId('range')).toBeNull();
    expect(screen.getAllByRole('row')).toHaveLength(3);
  });
  it('draws strata on one scale', async () => {
    const part = { key: 'a', label: 'low', others: [10, 100], control: [1, 20], share: effect, money: undefined } as const;
    await renderPage(<StrataEffects parts={[part, { ...part, key: 'b', label: 'high', share: { ...effect, low: -0.045, difference: 0, high: 0.009 } }]} currency={null} others="Test group" are="Test group is" did="bought" />);
    const spans = screen.getAllByTestId('range').map((svg) => svg.querySelectorAll('line')[1]);
    expect(spans[0]?.getAttribute('x2')).toBe('192');
    expect(spans[1]?.getAttribute('x1')).toBe('8');
    expect(reachOf([{ low: -0.5, high: 0.2 }])).toBe(0.5);
  });
});

describe('the verdict', () => {
  it('comes first, then why, then how many people', async () => {
    await renderPage(<VerdictPanel verdict="higher" headline="The campaign worked: 9.2 % against 6.4 %." effect={effect} noun={noun} among="the test group" />);
    expect(screen.getByRole('heading', { name: 'The campaign worked' })).toBeInTheDocument();
    expect(screen.getByText(/about 340 extra buyers/)).toBeInTheDocument();
    expect(screen.getByText(/2\.7 points or more in four of five cases/)).toBeInTheDocument();
  });
});
