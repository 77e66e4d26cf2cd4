import css from './conditions.module.css';

export interface PickOption { value: string; label: string }

/** A choice inside a sentence: a native select that is as wide as its words. */
export function Pick({ label, value, options, onChange, path }: { label: string; value: string; options: readonly PickOption[]; onChange: (value: string) => void; path?: string }) {
  const known = options.some((o) => o.value === value);
  return (
    <select className={css.pick} aria-label={label} value={value} data-part={path} onChange={(event) => { onChange(event.currentTarget.value); }}>
      {!known && <option value={value}>{value === '' ? 'choose…' : value}</option>}
      {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
    </select>
  );
}
