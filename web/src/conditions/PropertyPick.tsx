import css from './conditions.module.css';
import { shortOf } from './narrow';
import { Pick } from './Pick';
import type { Rows } from './vocabulary';

const OTHER = '\u0000';

interface PropertyProps {
  label: string;
  rows: Rows;
  types: readonly string[];
  /** whether a property may be named that nobody declared */
  open: boolean;
  value: string;
  onChange: (name: string, typing?: boolean) => void;
}

/** Which property of the rows: a declared one of a fitting type, or in open rows any other by its name. */
export function PropertyPick({ label, rows, types, open, value, onChange }: PropertyProps) {
  const known = rows.fields.filter((f) => f.name.startsWith(`${rows.prefix}.`) && types.includes(f.type)).map((f) => ({ value: shortOf(rows, f.name), label: f.label.toLowerCase() }));
  const short = shortOf(rows, value), own = rows.open && open, named = own && !known.some((o) => o.value === short);
  return (
    <>
      {(!named || known.length > 0) && (
        <Pick label={label} value={named ? OTHER : short} options={own ? [...known, { value: OTHER, label: 'the property…' }] : known} onChange={(next) => { onChange(next === OTHER ? '' : next); }} />
      )}
      {named && <input className={css.input} aria-label={`${label}: name of the property`} placeholder="property" value={short} onChange={(event) => { onChange(event.currentTarget.value.trim(), true); }} />}
    </>
  );
}
