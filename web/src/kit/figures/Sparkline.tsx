/** A trend without axes; the figure beside it says the value. */
export function Sparkline({ values, width = 72, height = 18 }: { values: readonly number[]; width?: number; height?: number }) {
  const low = Math.min(...values), span = Math.max(...values) - low || 1;
  const points = values.map((value, i) => `${(i / (values.length - 1)) * width},${height - 2 - ((value - low) / span) * (height - 4)}`);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <polyline points={points.join(' ')} fill="none" stroke="var(--fd-fill)" strokeWidth="1.75" strokeLinejoin="round" strokeLinecap="round" />
    </svg>
  );
}
