import type { EChartsCoreOption } from 'echarts/core';
import { formatCompact, formatNumber } from '../format/number';
import { chartControl, chartSeries, clay, dark, fjord, gray } from '../theme/tokens';
import type { ChartSpec, Series } from './spec';

export type Scheme = 'light' | 'dark';

function inks(scheme: Scheme) {
  return scheme === 'light'
    ? { text: gray[7], strong: gray[9], line: gray[2], surface: '#FFFFFF', raised: '#FFFFFF' }
    : { text: dark[2], strong: dark[0], line: dark[5], surface: dark[7], raised: dark[6] };
}

function base(scheme: Scheme, description: string): EChartsCoreOption {
  const ink = inks(scheme);
  return {
    animation: false,
    aria: { enabled: true, label: { description } },
    color: [...chartSeries[scheme]],
    textStyle: { fontFamily: "'Onest Variable', system-ui, sans-serif", color: ink.text },
    grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
    tooltip: {
      trigger: 'axis', backgroundColor: ink.raised, borderColor: ink.line, textStyle: { color: ink.strong, fontSize: 12 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? formatNumber(value) : '–'),
    },
  };
}

const category = (scheme: Scheme, data: readonly string[]) => ({
  type: 'category', data: [...data], axisTick: { show: false }, axisLine: { lineStyle: { color: inks(scheme).line } },
  axisLabel: { color: inks(scheme).text, fontSize: 12, hideOverlap: true },
});

const measure = (scheme: Scheme) => ({
  type: 'value', splitLine: { lineStyle: { color: inks(scheme).line } },
  axisLabel: { color: inks(scheme).text, fontSize: 12, formatter: (value: number) => formatCompact(value) },
});

function seriesStyle(series: Series, index: number, scheme: Scheme) {
  const grey = series.role !== undefined;
  const color = grey ? chartControl[scheme] : chartSeries[scheme][index % 6];
  return { color, lineStyle: { color, width: 2, type: grey ? 'dashed' : 'solid' }, itemStyle: { color } };
}

/** A legend of one line: names that do not fit are turned to. The arrows are as dark as the text. */
const scrolling = (ink: ReturnType<typeof inks>) => ({
  type: 'scroll', top: 0, left: 0, right: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: ink.text, fontSize: 12 },
  pageIconSize: 12, pageIconColor: ink.strong, pageIconInactiveColor: ink.line, pageTextStyle: { color: ink.text, fontSize: 12 },
});

/** Least distance of two ends, as a part of the chart's height, at which names written at them do not touch. */
const APART = 0.09;

/** Whether each line can be named at its end: ends that lie close together have a legend above instead. */
function namedAtEnds(series: readonly Series[]): boolean {
  const all = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const height = Math.max(0, ...all) - Math.min(0, ...all);
  const ends = series.map(({ values }) => values.findLast((value) => value !== null) ?? 0).sort((a, b) => a - b);
  return series.length > 1 && ends.every((end, i) => i === 0 || end - (ends[i - 1] ?? 0) > height * APART);
}

function overTime(spec: Extract<ChartSpec, { kind: 'line' | 'stacked' }>, scheme: Scheme): EChartsCoreOption {
  const direct = spec.kind === 'line' && namedAtEnds(spec.series);
  const ink = inks(scheme);
  return {
    xAxis: category(scheme, spec.x),
    yAxis: measure(scheme),
    ...(direct ? { grid: { left: 8, right: 96, top: 16, bottom: 8, containLabel: true } } : {}),
    ...(!direct && spec.series.length > 1
      ? { legend: scrolling(ink), grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true } } : {}),
    series: spec.series.map((series, i) => ({
      name: series.name,
      type: spec.kind === 'line' ? 'line' : 'bar',
      data: [...series.values],
      ...(spec.kind === 'stacked' ? { stack: 'all', barCategoryGap: '30%' } : { showSymbol: series.values.filter((value) => value !== null).length < 2, showAllSymbol: true, symbolSize: 8, connectNulls: false, lineStyle: seriesStyle(series, i, scheme).lineStyle }),
      itemStyle: seriesStyle(series, i, scheme).itemStyle,
      ...(spec.kind === 'line' && spec.area ? { areaStyle: { opacity: 0.16 } } : {}),
      ...(direct ? { endLabel: { show: true, formatter: series.name, color: seriesStyle(series, i, scheme).color, fontSize: 12, distance: 6 }, labelLayout: { moveOverlap: 'shiftY' } } : {}),
    })),
  };
}

function bars(rows: readonly { label: string; value: number }[], scheme: Scheme): EChartsCoreOption {
  const top = [...rows].reverse();
  return {
    grid: { left: 8, right: 64, top: 8, bottom: 8, containLabel: true },
    xAxis: { ...measure(scheme), show: false },
    yAxis: { ...category(scheme, top.map((r) => r.label)), axisLine: { show: false }, axisLabel: { color: inks(scheme).strong, fontSize: 12, width: 160, overflow: 'truncate' } },
    series: [{
      type: 'bar', data: top.map((r) => r.value), barMaxWidth: 18, itemStyle: { color: chartSeries[scheme][0], borderRadius: [0, 3, 3, 0] },
      label: { show: true, position: 'right', color: inks(scheme).strong, fontSize: 12, formatter: (p: { value: number }) => formatNumber(p.value) },
    }],
  };
}

function waterfall(spec: Extract<ChartSpec, { kind: 'waterfall' }>, scheme: Scheme): EChartsCoreOption {
  let level = 0;
  const bar = spec.steps.map((step) => {
    const from = step.total ? 0 : level;
    level = step.total ? step.value : level + step.value;
    return { base: Math.min(from, level), size: Math.abs(level - from), color: step.total ? chartSeries[scheme][0] : step.value < 0 ? clay[scheme === 'light' ? 6 : 5] : fjord[scheme === 'light' ? 4 : 6] };
  });
  const label = { show: true, position: 'right', color: inks(scheme).strong, fontSize: 12, formatter: (p: { dataIndex: number }) => formatNumber(spec.steps[p.dataIndex]?.value) };
  return {
    grid: { left: 8, right: 64, top: 8, bottom: 8, containLabel: true },
    xAxis: { ...measure(scheme), show: false },
    yAxis: { ...category(scheme, spec.steps.map((s) => s.label)), inverse: true, axisLine: { show: false }, axisLabel: { color: inks(scheme).strong, fontSize: 12, width: 140, overflow: 'truncate' } },
    tooltip: { show: false },
    series: [
      { type: 'bar', stack: 'w', data: bar.map((b) => b.base), itemStyle: { color: 'transparent' }, silent: true },
      { type: 'bar', stack: 'w', data: bar.map((b) => ({ value: b.size, itemStyle: { color: b.color } })), barMaxWidth: 18, label },
    ],
  };
}

function interval(spec: Extract<ChartSpec, { kind: 'interval' }>, scheme: Scheme): EChartsCoreOption {
  const rows = [...spec.rows].reverse();
  const color = chartSeries[scheme][0];
  return {
    xAxis: { ...measure(scheme), axisLabel: { color: inks(scheme).text, fontSize: 12 } },
    yAxis: category(scheme, rows.map((r) => r.label)),
    series: [
      { type: 'bar', stack: 'i', data: rows.map((r) => r.low), itemStyle: { color: 'transparent' }, silent: true },
      { type: 'bar', stack: 'i', data: rows.map((r) => r.high - r.low), barWidth: 4, itemStyle: { color }, stackStrategy: 'all' },
      { type: 'scatter', data: rows.map((r) => [r.mid, r.label]), symbolSize: 12, itemStyle: { color, borderColor: inks(scheme).surface, borderWidth: 2 } },
    ],
  };
}

function heat(spec: Extract<ChartSpec, { kind: 'heat' }>, scheme: Scheme): EChartsCoreOption {
  const cells = spec.values.flatMap((row, y) => row.flatMap((value, x) => (value === null ? [] : [[x, y, value] as const])));
  const ramp = scheme === 'light' ? fjord.slice(1, 9) : [...fjord.slice(2)].reverse();
  return {
    xAxis: { ...category(scheme, spec.x), position: 'top' },
    yAxis: { ...category(scheme, spec.y), inverse: true },
    tooltip: { trigger: 'item' },
    visualMap: { show: false, min: Math.min(0, ...cells.map((c) => c[2])), max: Math.max(1, ...cells.map((c) => c[2])), inRange: { color: ramp } },
    series: [{ type: 'heatmap', data: cells.map((c) => [...c]), label: { show: true, fontSize: 12, formatter: (p: { value: number[] }) => formatNumber(p.value[2]) }, itemStyle: { borderColor: inks(scheme).surface, borderWidth: 2 } }],
  };
}

function own(spec: ChartSpec, scheme: Scheme): EChartsCoreOption {
  switch (spec.kind) {
    case 'line':
    case 'stacked': return overTime(spec, scheme);
    case 'bar': return bars(spec.rows, scheme);
    case 'waterfall': return waterfall(spec, scheme);
    case 'histogram': return {
      xAxis: category(scheme, spec.bins.map((b) => `${formatCompact(b.from)}–${formatCompact(b.to)}`)), yAxis: measure(scheme),
      series: [{ type: 'bar', barCategoryGap: '4%', data: spec.bins.map((b) => b.count), itemStyle: { color: chartSeries[scheme][0] } }],
    };
    case 'interval': return interval(spec, scheme);
    case 'heat': return heat(spec, scheme);
  }
}

/** The ECharts option of a chart, in the colours of the scheme at hand. */
export function optionOf(spec: ChartSpec, scheme: Scheme, description: string): EChartsCoreOption {
  const shared = base(scheme, description), special = own(spec, scheme);
  const tooltip = { ...(shared.tooltip as object), ...((special.tooltip as object | undefined) ?? {}) };
  const decals = 'series' in spec && spec.series.length >= 4;
  return { ...shared, ...special, tooltip, aria: { enabled: true, label: { description }, decal: { show: decals } } };
}
