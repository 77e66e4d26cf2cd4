import { Menu } from '@mantine/core';
import { IconArrowsExchange } from '@tabler/icons-react';
import { record } from './record';
import css from './conditions.module.css';
import { useEditor } from './context';
import { fieldOptions, otherKind, sourceKey, sourceOptions, takesField, takesSource } from './otherValues';
import { Pick } from './Pick';
import type { RuleNode } from './tree';
import { rowsOf, text, type Field } from './vocabulary';

interface OtherProps { field: Field; op: string; value: unknown; inside: RuleNode | null; onChange: (value: unknown) => void }

/** A value that is no literal, drawn in its place. */
export function OtherValue({ field, value, inside, onChange }: OtherProps) {
  const { words } = useEditor();
  const kind = otherKind(value), rows = inside ? rowsOf(words, inside, null)?.fields ?? [] : [];
  const options = kind === 'field' ? fieldOptions(words, field, rows) : sourceOptions(words, field);
  const chosen = kind === 'field' ? text(record(value)?.field) : sourceKey(value);
  const choose = (next: string) => { onChange(kind === 'field' ? { field: next } : sourceOptions(words, field).find((o) => o.value === next)?.json); };
  return (
    <>
      <span>{kind === 'field' ? 'the field' : kind === 'list' ? 'the list' : 'the table column'}</span>
      <Pick label={`What ${field.label} is compared with`} value={chosen} options={options} onChange={choose} />
      <button type="button" className={css.small} aria-label="Compare with a value" onClick={() => { onChange(undefined); }}>✕</button>
    </>
  );
}

/** Compare with something else than a value; nothing where nothing else fits. */
export function OtherMenu({ field, op, inside, onChange }: OtherProps) {
  const { words } = useEditor();
  const rows = inside ? rowsOf(words, inside, null)?.fields ?? [] : [];
  const fields = takesField(words, op) ? fieldOptions(words, field, rows) : [];
  const sources = takesSource(words, op) ? sourceOptions(words, field) : [];
  if (fields.length === 0 && sources.length === 0) return null;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target><button type="button" className={css.remove} aria-label={`Compare ${field.label} with something else`}><IconArrowsExchange size={16} aria-hidden="true" /></button></Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        {sources.length > 0 && <Menu.Label>With a list or a data table</Menu.Label>}
        {sources.map((o) => <Menu.Item key={o.value} onClick={() => { onChange(o.json); }}>{o.label}</Menu.Item>)}
        {fields.length > 0 && <Menu.Label>With another field</Menu.Label>}
        {fields.map((o) => <Menu.Item key={o.value} onClick={() => { onChange({ field: o.value }); }}>{o.label}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
}
