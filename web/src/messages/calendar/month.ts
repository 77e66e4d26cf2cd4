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
