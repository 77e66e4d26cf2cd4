import { Text, Tooltip } from '@mantine/core';
import { useEffect, useReducer } from 'react';
import { NO_VALUE } from './locale';
import { formatChange, formatMoney, formatNumber, formatPoints, formatRate, formatShare, type Money, type Numeric } from './number';
import { formatDay, formatStamp, localZone, relativeTime } from './time';

export function Num({ value }: { value: Numeric | null | undefined }) {
  return <span className="fd-num">{formatNumber(value)}</span>;
}

export function MoneyText({ value }: { value: Money | null | undefined }) {
  return <span className="fd-num">{formatMoney(value)}</span>;
}

export function PointsText({ amount, type }: { amount: string | null | undefined; type?: string }) {
  return <span className="fd-num">{formatPoints(amount, type)}</span>;
}

/** A rate with its fraction: `9.2 % (1,119 of 12,160)`. */
export function Rate({ part, whole, short = false }: { part: number | null | undefined; whole: number | null | undefined; short?: boolean }) {
  return <span className="fd-num" title={formatRate(part, whole)}>{short ? formatShare(part, whole) : formatRate(part, whole)}</span>;
}

/** A change with sign, arrow and (for the screen reader) word; never colour alone. */
export function Change({ value, unit = '' }: { value: number | null | undefined; unit?: string }) {
  if (value === null || value === undefined) return <span>{NO_VALUE}</span>;
  const arrow = value > 0 ? '▲' : value < 0 ? '▼' : '';
  const word = value > 0 ? 'up' : value < 0 ? 'down' : 'unchanged';
  return (
    <span className="fd-num" aria-label={`${word} ${formatNumber(Math.abs(value))} ${unit}`.trim()}>
      <span aria-hidden="true" style={{ color: value > 0 ? 'var(--fd-moss-text)' : value < 0 ? 'var(--fd-clay-text)' : undefined }}>{arrow}</span>{' '}
      {formatChange(value)}{unit ? ` ${unit}` : ''}
    </span>
  );
}

export interface TimeProps {
  value: string | null | undefined;
  /** relative below seven days; absolute in logs and reports; date without a clock, clock without a date */
  mode?: 'relative' | 'absolute' | 'date' | 'clock';
  zone?: string | undefined;
  showZone?: boolean;
  seconds?: boolean;
  /** what to say when there is no value */
  none?: string;
}

/** Every moment on the screen: a `<time>` with the machine stamp and the full stamp in its tooltip. */
export function Time({ value, mode = 'relative', zone, showZone = false, seconds = false, none = NO_VALUE }: TimeProps) {
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (mode !== 'relative') return;
    const timer = setInterval(tick, 30_000);
    return () => clearInterval(timer);
  }, [mode]);
  if (!value) return <Text span inherit>{none}</Text>;
  const full = formatStamp(value, { zone, seconds: true, showZone: true });
  const words = mode === 'date' ? formatDay(value, zone)
    : mode === 'clock' ? new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone ?? localZone() }).format(new Date(value))
    : mode === 'absolute' ? formatStamp(value, { zone, seconds, showZone })
      : relativeTime(value, new Date()) ?? formatDay(value, zone ?? localZone());
  return (
    <Tooltip label={full}>
      <time dateTime={value}>{words}</time>
    </Tooltip>
  );
}
