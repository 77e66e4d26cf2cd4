/** A month as it stands in an address: `2026-11`. */
export interface Month { year: number; month: number }

const two = (n: number) => String(n).padStart(2, '0');
export const monthOf = (text: string | undefined, now: Date): Month => {
  const found = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text ?? '');
  return found ? { year: Number(found[1]), month: Number(found[2]) } : { year: now.getFullYear(), month: now.getMonth() + 1 };
};
export const textOf = ({ year, month }: Month) => `${year}-${two(month)}`;
export const moved = ({ year, month }: Month, by: number): Month => {
  const at = year * 12 + month - 1 + by;
  return { year: Math.floor(at / 12), month: (at % 12) + 1 };
};

/** The weeks that a month touches, Monday first, each day as `2026-11-30`. */
export function weeksOf({ year, month }: Month): string[][] {
  const first = new Date(Date.UTC(year, month - 1, 1));
  const before = (first.getUTCDay() + 6) % 7;
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const weeks: string[][] = [];
  for (let start = 1 - before; start <= length; start += 7) {
    weeks.push(Array.from({ length: 7 }, (_, i) => new Date(Date.UTC(year, month - 1, start + i)).toISOString().slice(0, 10)));
  }
  return weeks;
}

const dayOf = (day: string): Date => new Date(`${day}T00:00:00Z`);
const dayText = (at: Date): string => at.toISOString().slice(0, 10);

/** The day so many days later, or earlier. */
export const dayAfter = (day: string, days: number): string => dayText(new Date(dayOf(day).getTime() + days * 86_400_000));

/** The same day of another month, or its last one. */
export function dayInMonth(day: string, by: number): string {
  const { year, month } = moved({ year: Number(day.slice(0, 4)), month: Number(day.slice(5, 7)) }, by);
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return `${textOf({ year, month })}-${two(Math.min(Number(day.slice(8)), length))}`;
}

/** Where a key leads from a day, if anywhere: arrows by days and weeks, Home and End in the week, Page up and down by months. */
export function dayByKey(day: string, key: string): string | null {
  const weekday = (dayOf(day).getUTCDay() + 6) % 7;
  switch (key) {
    case 'ArrowLeft': return dayAfter(day, -1);
    case 'ArrowRight': return dayAfter(day, 1);
    case 'ArrowUp': return dayAfter(day, -7);
    case 'ArrowDown': return dayAfter(day, 7);
    case 'Home': return dayAfter(day, -weekday);
    case 'End': return dayAfter(day, 6 - weekday);
    case 'PageUp': return dayInMonth(day, -1);
    case 'PageDown': return dayInMonth(day, 1);
    default: return null;
  }
}
