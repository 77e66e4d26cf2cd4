const MINUTE = 60_000;

/** What a clock in the zone shows at a moment, as `2026-11-24T09:00`; empty for none. */
export function wallOf(iso: string | null | undefined, zone: string): string {
  if (!iso) return '';
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(new Date(iso));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`;
}

/** The moment at which a clock in the zone shows `2026-11-24T09:00`; in the hour that is skipped, as much later. */
export function momentOf(wall: string, zone: string): string | null {
  if (!wall) return null;
  const wanted = Date.parse(`${wall}:00Z`);
  if (Number.isNaN(wanted)) return null;
  const ahead = (at: number) => Date.parse(`${wallOf(new Date(at).toISOString(), zone)}:00Z`) - Math.floor(at / MINUTE) * MINUTE;
  const before = wanted - ahead(wanted - 24 * 60 * MINUTE);
  const after = wanted - ahead(wanted + 24 * 60 * MINUTE);
  const found = [before, after].find((at) => at + ahead(at) === wanted) ?? before;
  return new Date(found).toISOString().replace('.000Z', 'Z');
}
