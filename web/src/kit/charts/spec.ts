export interface Series {
  name: string;
  values: readonly (number | null)[];
  /** the control group and "Other" are grey and dashed in every chart */
  role?: 'control' | 'other';
}

/** What a chart shows, free of how it is drawn; the table and the CSV come from the same facts. */
export type ChartSpec =
  | { kind: 'line'; x: readonly string[]; series: readonly Series[]; xLabel: string; area?: boolean }
  | { kind: 'stacked'; x: readonly string[]; series: readonly Series[]; xLabel: string }
  | { kind: 'bar'; rows: readonly { label: string; value: number }[]; label: string; value: string }
  | { kind: 'waterfall'; steps: readonly { label: string; value: number; total?: boolean }[]; label: string; value: string }
  | { kind: 'histogram'; bins: readonly { from: number; to: number; count: number }[]; label: string; value: string }
  | { kind: 'interval'; rows: readonly { label: string; low: number; mid: number; high: number }[]; label: string }
  | { kind: 'heat'; x: readonly string[]; y: readonly string[]; values: readonly (readonly (number | null)[])[]; xLabel: string; yLabel: string };

export interface ChartTable {
  head: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

export function tableOf(spec: ChartSpec): ChartTable {
  switch (spec.kind) {
    case 'line':
    case 'stacked':
      return { head: [spec.xLabel, ...spec.series.map((s) => s.name)], rows: spec.x.map((x, i) => [x, ...spec.series.map((s) => s.values[i] ?? null)]) };
    case 'bar':
      return { head: [spec.label, spec.value], rows: spec.rows.map((r) => [r.label, r.value]) };
    case 'waterfall':
      return { head: [spec.label, spec.value], rows: spec.steps.map((s) => [s.label, s.value]) };
    case 'histogram':
      return { head: [spec.label, spec.value], rows: spec.bins.map((b) => [`${b.from} – ${b.to}`, b.count]) };
    case 'interval':
      return { head: [spec.label, 'From', 'Estimate', 'To'], rows: spec.rows.map((r) => [r.label, r.low, r.mid, r.high]) };
    case 'heat':
      return { head: [`${spec.yLabel} \\ ${spec.xLabel}`, ...spec.x], rows: spec.y.map((y, i) => [y, ...spec.x.map((_, j) => spec.values[i]?.[j] ?? null)]) };
  }
}

export function isEmpty(spec: ChartSpec): boolean {
  return tableOf(spec).rows.length === 0;
}

/** Cells a spreadsheet would run as a formula are kept as text. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvOf = ({ head, rows }: ChartTable): string =>
  [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n');

export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
