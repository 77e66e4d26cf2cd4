import { Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { TakeBack } from './CommandMenu';
import { useEditor } from './context';
import type { Inside } from './inner';
import { keysText, propertyIn, propertyOf, readName, typedKeys } from './names';
import { fieldOptions, openNames, otherKind, sourceKey, sourceOptions, takesField, takesSource } from './otherValues';
import { Pick } from './Pick';
import { declared, rowsAround, text, type Field } from './vocabulary';

interface OtherProps { field: Field; op: string; value: unknown; inside: Inside | null; onChange: (value: unknown) => void }

/** A property of open rows or of an object, by the keys that lead to it. */
function OpenField({ label, value, inside, onChange }: { label: string; value: Record<string, unknown>; inside: Inside | null; onChange: (value: unknown) => void }) {
  const { words } = useEditor();
  const name = text(value.field), starts = openNames(words, inside), path = readName(name);
  const row = rowsAround(words, inside).find((r) => r.open && (name === r.prefix || name.startsWith(`${r.prefix}.`) || name.startsWith(`${r.prefix}[`)));
  const start = row?.prefix ?? path?.base ?? name;
  const keys = row ? [...(path?.base.split('.').slice(1) ?? []), ...path?.keys ?? []] : path?.keys ?? [];
  const write = (from: string, typed: string) => {
    const to = typedKeys(typed), rows = rowsAround(words, inside).some((r) => r.prefix === from);
    onChange({ ...value, field: to.length === 0 ? from : rows ? propertyIn(from, to) : propertyOf(from, to) });
  };
  return (
    <>
      <Pick label={`What ${label} is compared with`} value={start} options={starts} onChange={(next) => { write(next, keysText(keys)); }} />
      <input className={css.input} aria-label={`Name of the property that ${label} is compared with`} placeholder="property" value={keysText(keys)} onChange={(event) => { write(start, event.currentTarget.value); }} />
      <AsPick value={value.as} onChange={(as) => { onChange(patched(value, { as })); }} />
    </>
  );
}

/** The type under which a property that nobody declared is compared; the value tells it when nothing is chosen. */
export function AsPick({ value, onChange }: { value: unknown; onChange: (as: string | undefined) => void }) {
  const { words } = useEditor();
  return <Pick label="Compared as" value={text(value) || 'any'} options={[{ value: 'any', label: 'as it fits' }, ...words.raw.property_types.map((type) => ({ value: type, label: `as ${words.typeLabel(type)}` }))]} onChange={(as) => { onChange(as === 'any' ? undefined : as); }} />;
}

/** A value that is no literal, drawn in its place. */
export function OtherValue({ field, op, value, inside, onChange }: OtherProps) {
  const { words } = useEditor();
  const kind = otherKind(value), held = record(value) ?? {}, name = text(held.field);
  const open = kind === 'field' && !declared(words, name, inside);
  const options = kind === 'field' ? fieldOptions(words, field, op, inside) : sourceOptions(words, field);
  const choose = (next: string) => { onChange(kind === 'field' ? { field: next } : sourceOptions(words, field).find((o) => o.value === next)?.json); };
  return (
    <>
      <span>{kind === 'field' ? 'the field' : kind === 'list' ? 'the list' : 'the table column'}</span>
      {open ? <OpenField label={field.label} value={held} inside={inside} onChange={onChange} /> : <Pick label={`What ${field.label} is compared with`} value={kind === 'field' ? name : sourceKey(value)} options={options} onChange={choose} />}
      <TakeBack label="Compare with a value" onClick={() => { onChange(undefined); }} />
    </>
  );
}

/** Further ways to compare, in a menu: whether case counts, with a list, with another field; nothing where nothing fits. */
export function OtherMenu({ field, op, value, inside, onChange, cased, onCase }: OtherProps & { cased: boolean; onCase: (() => void) | undefined }) {
  const { words } = useEditor();
  const other = otherKind(value) !== undefined;
  const fields = !other && takesField(words, op) ? fieldOptions(words, field, op, inside) : [];
  const open = !other && takesField(words, op) ? openNames(words, inside) : [];
  const sources = !other && takesSource(words, op) ? sourceOptions(words, field) : [];
  if (fields.length + open.length + sources.length === 0 && (!onCase || cased)) return null;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target><button type="button" className={css.remove} aria-label={`Compare ${field.label} with something else`}><IconDots size={16} aria-hidden="true" /></button></Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        {onCase && !cased && <Menu.Item onClick={onCase}>Tell upper from lower case</Menu.Item>}
        {sources.length > 0 && <Menu.Label>With a list or a data table</Menu.Label>}
        {sources.map((o) => <Menu.Item key={o.value} onClick={() => { onChange(o.json); }}>{o.label}</Menu.Item>)}
        {fields.length + open.length > 0 && <Menu.Label>With another field</Menu.Label>}
        {[...fields, ...open.map((o) => ({ ...o, label: `${o.label.charAt(0).toUpperCase()}${o.label.slice(1)}…` }))].map((o) => <Menu.Item key={o.value} onClick={() => { onChange({ field: o.value }); }}>{o.label}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
}
