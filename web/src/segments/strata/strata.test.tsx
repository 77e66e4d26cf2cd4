import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { boundsOf, isComplete, offBy, percentFits, rangesOf, type StratumPart } from './model';
import { StrataTable, Warnings } from './StrataTable';

const part: StratumPart = { key: 'low', label: 'low', people: 5120, expected: 256, control: 256, added: 0 };

describe('strata', () => {
  it('are made from boundaries, and back', () => {
    const ranges = rangesOf(['50', '30', '30'], true);
    expect(ranges).toEqual([{ from: null, to: 30 }, { from: 30, to: 50 }, { from: 50, to: null }]);
    expect(boundsOf({ field: 'age', lists: [], ranges })).toEqual(['30', '50']);
    expect(rangesOf([], true)).toEqual([]);
  });
  it('say how far they are off', () => {
    expect(offBy({ ...part, expected: 256.4 })).toBe('−0.4');
    expect(offBy(part)).toBe('exact');
  });
  it('are complete once every list has a value', () => {
    expect(isComplete([{ field: 'city', lists: [{ values: ['Oslo'] }, { values: [] }] }])).toBe(false);
    expect(isComplete([{ field: 'city', lists: [{ values: ['Oslo'] }] }, { field: 'gender' }])).toBe(true);
  });
  it('take fractions of a percent, neither nothing nor everybody', () => {
    expect(['', 0, 0.25, '5.5', 100].map(percentFits)).toEqual([false, false, true, true, false]);
  });
});

describe('the table of strata', () => {
  it('shows each with its share of all and of those kept back, and the sums', async () => {
    await renderPage(<StrataTable parts={[part, { ...part, key: 'high', label: 'high', people: 7680, expected: 384, control: 383 }]} />);
    const rows = within(screen.getByRole('table')).getAllByRole('row').map((row) => row.textContent);
    expect(rows[1]).toBe('low5,120 40.0 %256 40.1 %exact');
    expect(rows[2]).toBe('high7,680 60.0 %383 59.9 %−1.0');
    expect(rows[3]).toBe('All12,800639');
  });
  it('stands under what makes the comparison worse', async () => {
    await renderPage(<Warnings warnings={[{ kind: 'cap', message: 'Cap 12 leaves 0.7 of a person for West: raise the cap to 35 or drop a field', stratum: 'West' }]} />);
    expect(screen.getByText(/raise the cap to 35 or drop a field\.$/)).toBeInTheDocument();
    expect(screen.queryByText(/more$/)).toBeNull();
  });
  it('keeps a long list of them short', async () => {
    await renderPage(<Warnings warnings={['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((stratum) => ({ kind: 'small', message: `Little of ${stratum}`, stratum }))} />);
    expect(screen.getByText('3 more')).toBeInTheDocument();
    expect(screen.getAllByText(/^Little of/)).toHaveLength(7);
  });
});
