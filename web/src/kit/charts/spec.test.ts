import { describe, expect, it } from 'vitest';
import { chartControl, chartSeries } from '../theme/tokens';
import { optionOf } from './option';
import { csvCell, csvOf, isEmpty, tableOf, type ChartSpec } from './spec';

const line: ChartSpec = { kind: 'line', xLabel: 'Day', x: ['1 Nov', '2 Nov'], series: [{ name: 'Test', values: [9, null] }, { name: 'Control', values: [6, 7], role: 'control' }] };

describe('the facts of a chart', () => {
  it('are the same in its table and its CSV', () => {
    expect(tableOf(line)).toEqual({ head: ['Day', 'Test', 'Control'], rows: [['1 Nov', 9, 6], ['2 Nov', null, 7]] });
    expect(csvOf(tableOf(line))).toBe('Day,Test,Control\r\n1 Nov,9,6\r\n2 Nov,,7');
    expect(isEmpty({ kind: 'bar', label: 'City', value: 'People', rows: [] })).toBe(true);
  });
  it('leave no formula for a spreadsheet to run', () => {
    expect(csvCell('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`);
    expect(csvCell('+47 400')).toBe("'+47 400");
    expect(csvCell(-4)).toBe('-4');
  });
});

describe('the drawing', () => {
  it('shows the control group grey and dashed in both schemes, and says what it shows', () => {
    for (const scheme of ['light', 'dark'] as const) {
      const option = optionOf(line, scheme, 'Buyers a day') as { series: { lineStyle: { type: string; color: string } }[]; aria: object };
      expect(option.series.map((s) => s.lineStyle)).toMatchObject([{ type: 'solid', color: chartSeries[scheme][0] }, { type: 'dashed', color: chartControl[scheme] }]);
      expect(option.aria).toMatchObject({ enabled: true, label: { description: 'Buyers a day' } });
    }
  });
  it('names lines at their ends, and in a legend where the ends are too close for that', () => {
    const named = (...last: number[]) => {
      const option = optionOf({ kind: 'line', xLabel: 'Day', x: ['1 Nov', '2 Nov', '3 Nov'], series: last.map((end, i) => ({ name: `Line ${i}`, values: [0, end, null] })) }, 'light', '') as { series: { endLabel?: unknown }[]; legend?: unknown };
      return [option.series.every((s) => s.endLabel !== undefined), option.legend !== undefined];
    };
    expect(named(200, 100, 0)).toEqual([true, false]);
    expect(named(200, 5, 3)).toEqual([false, true]);
    expect(named(0, 0)).toEqual([false, true]);
    expect(named(200)).toEqual([false, false]);
  });
  it('stacks a waterfall so that each step starts where the last one ended', () => {
    const option = optionOf({ kind: 'waterfall', label: 'Step', value: 'People', steps: [{ label: 'All', value: 100, total: true }, { label: 'Out', value: -30 }, { label: 'Back', value: 5 }, { label: 'Left', value: 75, total: true }] }, 'light', '') as { series: { data: (number | { value: number })[] }[] };
    expect(option.series[0]!.data).toEqual([0, 70, 70, 0]);
    expect(option.series[1]!.data.map((d) => (typeof d === 'number' ? d : d.value))).toEqual([100, 30, 5, 75]);
  });
});
