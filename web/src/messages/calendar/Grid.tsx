import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { formatCount, formatDay } from '@/kit';
import { Bar } from './Bars';
import css from './calendar.module.css';
import { Entries, type Entry } from './Entries';
import { lanesOf, lastedOn, type Piece, type Span } from './lanes';
import { dayByKey } from './month';

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export interface GridProps {
  weeks: readonly string[][];
  month: string;
  today: string;
  byDay: ReadonlyMap<string, readonly Entry[]>;
  campaigns: readonly Span[];
  zone: string;
  onOpen: (day: string) => void;
  /** a key has led out of the weeks that are shown */
  onMonth: (month: string) => void;
}

/** What a day holds, for those who do not see it: "Tue 17 Nov 2026, 2 mailings, 1 campaign". */
const dayWords = (day: string, mailings: number, campaigns: number): string => [
  formatDay(day), ...(mailings > 0 ? [formatCount(mailings, 'mailing', 'mailings')] : []), ...(campaigns > 0 ? [formatCount(campaigns, 'campaign', 'campaigns')] : []),
].join(', ');

/** The weeks of a month. Its days are one stop for Tab; keys lead from there to the others, and Enter opens one. */
export function Grid({ weeks, month, today, byDay, campaigns, zone, onOpen, onMonth }: GridProps) {
  const table = useRef<HTMLTableElement>(null);
  const moving = useRef(false);
  const [chosen, setChosen] = useState<string>();
  const shown = weeks.flat();
  const active = chosen && shown.includes(chosen) ? chosen : today.startsWith(month) ? today : `${month}-01`;
  useEffect(() => {
    if (!moving.current || chosen !== active) return;
    moving.current = false;
    table.current?.querySelector<HTMLElement>(`[data-day="${active}"]`)?.focus();
  });
  const onKey = (day: string) => (event: KeyboardEvent) => {
    const to = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey ? null : dayByKey(day, event.key);
    if (to === null) return;
    event.preventDefault();
    moving.current = true;
    setChosen(to);
    if (!shown.includes(to) || event.key.startsWith('Page')) onMonth(to.slice(0, 7));
  };
  const told = new Set<number>();
  return (
    <table ref={table} className={css.grid ?? ''} aria-label={`Mailings of ${month}`}>
      <thead><tr>{weekdays.map((day) => <th key={day} scope="col">{day}</th>)}</tr></thead>
      <tbody>
        {weeks.map((week) => {
          const lanes = lanesOf(week, campaigns, today);
          const bars: { piece: Piece; lane: number; stop: boolean }[] = [];
          for (const [lane, pieces] of lanes.entries()) for (const piece of pieces) { bars.push({ piece, lane, stop: !told.has(piece.campaign.id) }); told.add(piece.campaign.id); }
          return (
            <tr key={week[0]} style={{ '--lanes': lanes.length } as CSSProperties}>{week.map((day, n) => {
              const entries = byDay.get(day) ?? [];
              return (
                <td key={day} className={[day.startsWith(month) ? '' : css.other, day === today ? css.today : ''].join(' ')} {...(day === today ? { 'aria-current': 'date' as const } : {})}>
                  <button type="button" className={css.date} data-day={day} tabIndex={day === active ? 0 : -1} aria-label={dayWords(day, entries.length, campaigns.filter((one) => lastedOn(one, day, today)).length)}
                    onKeyDown={onKey(day)} onFocus={() => { setChosen(day); }} onClick={() => { onOpen(day); }}>{Number(day.slice(8))}</button>
                  {bars.filter(({ piece }) => piece.from === n).map((bar) => <Bar key={bar.piece.campaign.id} {...bar} />)}
                  <Entries entries={entries} zone={zone} />
                </td>
              );
            })}</tr>
          );
        })}
      </tbody>
    </table>
  );
}
