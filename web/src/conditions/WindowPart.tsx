import { filled, record, without } from './record';
import { TakeBack } from './CommandMenu';
import { useEditor } from './context';
import { Pick } from './Pick';
import type { Json } from './tree';
import { madeField, text, type Field } from './vocabulary';
import { NumberBox, OneValue, SpanInput } from './ValueInput';
import { calendarChoices, calendarValue, offered as usual, OTHER_SPAN, readCalendar, windowKind, type WindowKind } from './windows';

const offered: readonly { value: WindowKind; label: string }[] = [
  { value: 'ever', label: 'ever' }, { value: 'last', label: 'in the last' }, { value: 'calendar', label: 'in' }, { value: 'range', label: 'between' },
  { value: 'from', label: 'since' }, { value: 'to', label: 'before' }, { value: 'since', label: 'since the' },
];
const titles: Partial<Record<WindowKind, string>> = { calendar: 'in a calendar span', since: 'since an event', from: 'since a day', to: 'before a day', range: 'between two days' };

interface WindowProps {
  within: Json | undefined;
  /** dates of the row, when it has several */
  dates?: readonly Field[];
  /** one is looked at though it is not the usual one */
  id: string;
  put: (next: Json | undefined, typing?: string) => void;
}

/** This month, last quarter; any other span by its distance from the present one. */
function CalendarPart({ within, set, id }: { within: Json | undefined; set: (next: Json, typing?: string) => void; id: string }) {
  const { words } = useEditor();
  const value = calendarValue(within), span = text(within?.calendar), offset = filled(within?.offset) ? Number(within?.offset) : 0;
  const most = words.raw.rows.offsets;
  if (usual(value)) return <Pick label="Calendar span" value={value} options={calendarChoices(words.raw.rows.calendars)} onChange={(next) => { set(next === OTHER_SPAN ? { calendar: 'month', offset: -2 } : readCalendar(next)); }} />;
  const far = (by: number, typing?: string) => { set({ calendar: span, offset: by }, typing); };
  return (
    <>
      <NumberBox label="How many spans away" whole value={Math.abs(offset)} onChange={(typed) => { const by = Math.min(most, Number(typed.replace(/\D/g, ''))); far(offset > 0 ? by : -by, `${id}.offset`); }} />
      <Pick label="Kind of span" value={span} options={words.raw.rows.calendars.map((one) => ({ value: one, label: Math.abs(offset) === 1 ? one : `${one}s` }))} onChange={(next) => { set({ calendar: next, offset }); }} />
      <Pick label="Before or after the present one" value={offset > 0 ? 'after' : 'before'} options={[{ value: 'before', label: 'before this one' }, { value: 'after', label: 'after this one' }]} onChange={(way) => { far(way === 'after' ? Math.abs(offset) : -Math.abs(offset)); }} />
      <TakeBack label="Choose a usual span" onClick={() => { set({ calendar: span }); }} />
    </>
  );
}

/** When it happened: a window of one of the kinds the language has. */
export function WindowPart({ within, dates = [], id, put }: WindowProps) {
  const { words, databaseId } = useEditor();
  const kind = windowKind(within);
  const since = record(within?.since);
  const keep = within && 'by' in within ? { by: within.by } : {};
  const set = (next: Json | undefined, typing?: string) => { put(next && { ...keep, ...next }, typing); };
  const day = madeField('', 'day', 'datetime', words);
  const edge = (key: 'from' | 'to', label: string) => <OneValue field={day} databaseId={databaseId} label={label} value={within?.[key]} onChange={(v) => { put({ ...within, [key]: v ?? null }, `${id}.${key}`); }} />;
  const start = (next: string) => {
    switch (next as WindowKind) {
      case 'ever': set(undefined); break;
      case 'last': set({ last: 'P30D' }); break;
      case 'calendar': set({ calendar: 'month' }); break;
      case 'since': set({ since: { event: '', which: 'last' } }); break;
      case 'range': set({ from: within?.from ?? null, to: within?.to ?? null }); break;
      default: set({ [next]: within?.[next] ?? null });
    }
  };
  return (
    <>
      <Pick label="When" value={kind} options={offered.map((o) => ({ value: o.value, label: o.value === kind ? o.label : titles[o.value] ?? o.label }))} onChange={start} />
      {kind === 'last' && <SpanInput label="the last" value={within?.last} clock past onChange={(v) => { set({ last: v }, `${id}.last`); }} />}
      {kind === 'calendar' && <CalendarPart within={within} set={set} id={id} />}
      {kind === 'since' && (
        <>
          <Pick label="Which time" value={text(since?.which) || 'last'} options={[{ value: 'last', label: 'last' }, { value: 'first', label: 'first' }]} onChange={(which) => { set({ since: { ...since, which } }); }} />
          <Pick label="Event" value={text(since?.event)} options={words.raw.rows.since.map((name) => ({ value: name, label: (words.event(name)?.label ?? name).toLowerCase() }))} onChange={(event) => { set({ since: { ...since, event } }); }} />
        </>
      )}
      {(kind === 'range' || kind === 'from') && edge('from', 'From this day')}
      {kind === 'range' && <span>and</span>}
      {(kind === 'range' || kind === 'to') && edge('to', 'Before this day')}
      {text(within?.by) !== '' && (
        <>
          <span>by</span>
          <Pick label="Which date of the row" value={text(within?.by)} options={dates.map((f) => ({ value: f.name.slice(f.name.indexOf('.') + 1), label: f.label.toLowerCase() }))}
            onChange={(by) => { put({ ...within, by }); }} />
          <TakeBack label="Look at the usual date" onClick={() => { put(without(within, 'by')); }} />
        </>
      )}
    </>
  );
}
