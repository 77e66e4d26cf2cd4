import { locale, NO_VALUE } from './locale';

const DAY = 86_400_000;
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [['day', DAY], ['hour', 3_600_000], ['minute', 60_000], ['second', 1000]];

/** `3 h ago`, `in 2 days`; null from seven days on, where the stamp itself says more. */
export function relativeTime(value: string | Date, now: Date): string | null {
  const distance = new Date(value).getTime() - now.getTime();
  if (Math.abs(distance) >= 7 * DAY) return null;
  if (Math.abs(distance) < 10_000) return 'just now';
  const [unit, size] = UNITS.find(([, s]) => Math.abs(distance) >= s) ?? ['second', 1000];
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto', style: 'short' }).format(Math.trunc(distance / size), unit);
}

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface StampOptions {
  zone?: string | undefined;
  seconds?: boolean | undefined;
  /** Print the zone, and the reader's own hour when it differs. For everything that is scheduled or read in a report. */
  showZone?: boolean | undefined;
}

/** `Tue 24 Nov 2026, 09:00 Europe/Oslo, your 08:00`. */
export function formatStamp(value: string | Date | null | undefined, options: StampOptions = {}): string {
  if (!value) return NO_VALUE;
  const at = new Date(value);
  const zone = options.zone ?? localZone();
  const parts: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone };
  if (options.seconds) parts.second = '2-digit';
  const clock = (z: string) => new Intl.DateTimeFormat(locale(), { ...parts, timeZone: z }).format(at);
  const stamp = `${formatDay(at, zone)}, ${clock(zone)}`;
  if (!options.showZone) return stamp;
  const mine = clock(localZone());
  return mine === clock(zone) ? `${stamp} ${zone}` : `${stamp} ${zone}, your ${mine}`;
}

/** `Tue 24 Nov 2026`. */
export function formatDay(value: string | Date | null | undefined, zone?: string): string {
  if (!value) return NO_VALUE;
  const dateOnly = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const at = typeof value === 'string' ? new Date(dateOnly ? `${value}T12:00:00Z` : value) : value;
  const parts = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: dateOnly ? 'UTC' : zone ?? localZone(),
  }).formatToParts(at);
  return parts.filter((p) => p.type !== 'literal').map((p) => p.value).join(' ');
}

/** `0.4 s`, `3 min 12 s`, `2 h 4 min`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NO_VALUE;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(s % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
