import css from './effects.module.css';

const WIDTH = 200, HEIGHT = 24, MIDDLE = WIDTH / 2, ROOM = MIDDLE - 8;

/** How far a picture must reach to both sides to hold these ranges. */
export const reachOf = (ranges: readonly { low: number | null; high: number | null }[]): number => Math.max(0, ...ranges.flatMap((r) => [Math.abs(r.low ?? 0), Math.abs(r.high ?? 0)]));

/**
 * A range with its estimate; 0 is the dashed line in the middle, so that a range across it can be seen to go either way.
 * The numbers stand beside it in words.
 */
export function RangeLine({ low, mid, high, reach }: { low: number | null; mid: number | null; high: number | null; reach: number }) {
  if (low === null || high === null || reach <= 0) return null;
  const x = (value: number) => MIDDLE + (ROOM * Math.max(-1, Math.min(1, value / reach)));
  return (
    <svg className={css.range} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true" data-testid="range">
      <line className={css.zero} x1={MIDDLE} x2={MIDDLE} y1={1} y2={HEIGHT - 1} />
      <line className={css.span} x1={x(low)} x2={x(high)} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      {[low, high].map((end, i) => <line key={i} className={css.span} x1={x(end)} x2={x(end)} y1={HEIGHT / 2 - 4} y2={HEIGHT / 2 + 4} />)}
      {mid !== null && <circle className={css.point} cx={x(mid)} cy={HEIGHT / 2} r={5} />}
    </svg>
  );
}
