import { Button, Group, Modal, Text, Textarea } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { formatNumber } from '@/kit';
import css from './conditions.module.css';
import { Pick, type PickOption } from './Pick';
import { Suggest } from './Suggest';
import type { Place } from './suggestions';
import type { Field } from './vocabulary';

const SHOWN = 12;

/** Pasted text as values: one a line, or between commas, semicolons and tabs. */
export function valuesIn(text: string): string[] {
  const parts = /[\n\t;]/.test(text) ? text.split(/[\n\r\t;]+/) : text.split(',');
  return [...new Set(parts.map((part) => part.trim()).filter(Boolean))];
}

interface ChipsProps {
  label: string;
  values: readonly string[];
  options?: readonly PickOption[] | undefined;
  joint?: string;
  /** the field whose values are offered while typing */
  field: Field;
  databaseId: number;
  place: Place;
  onChange: (values: string[]) => void;
}

function LongList({ label, values, onChange }: Pick3) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const found = valuesIn(text.replaceAll(',', '\n'));
  return (
    <>
      <button type="button" className={css.small} onClick={() => { setText(values.join('\n')); setOpen(true); }}>{values.length > SHOWN ? `List of ${formatNumber(values.length)} ▸` : 'as list…'}</button>
      <Modal opened={open} onClose={() => { setOpen(false); }} title={label} closeButtonProps={{ 'aria-label': 'Close' }}>
        <Textarea label="Values, one a line" value={text} onChange={(event) => { setText(event.currentTarget.value); }} minRows={8} maxRows={16} autosize data-autofocus />
        <Group justify="space-between" mt="md">
          <Text c="dimmed">{formatNumber(found.length)} different values</Text>
          <Group gap="xs">
            <Button variant="default" onClick={() => { setOpen(false); }}>Keep as it was</Button>
            <Button onClick={() => { onChange(found); setOpen(false); }}>Use {formatNumber(found.length)} values</Button>
          </Group>
        </Group>
      </Modal>
    </>
  );
}
interface Pick3 { label: string; values: readonly string[]; onChange: (values: string[]) => void }

/** Several values as chips. A pasted column becomes one chip a line; long lists fold. */
export function Chips({ label, values, options, joint = 'or', field, databaseId, place, onChange }: ChipsProps) {
  const [typed, setTyped] = useState('');
  const nameOf = (value: string) => options?.find((o) => o.value === value)?.label ?? value;
  const put = (found: readonly string[]) => {
    const fresh = found.filter((value) => !values.includes(value));
    if (fresh.length > 0) onChange([...values, ...fresh]);
    setTyped('');
  };
  const add = (text: string) => { put(valuesIn(text)); };
  const rest = options?.filter((o) => !values.includes(o.value));
  return (
    <span className={css.chips} role="group" aria-label={label}>
      {values.length <= SHOWN && values.map((value, i) => (
        <span key={value} className={css.chipJoint}>
          {i > 0 && <span className={css.hint}>{joint}</span>}
          <span className={css.chip}>
            <span title={nameOf(value)}>{nameOf(value)}</span>
            <button type="button" aria-label={`Remove ${nameOf(value)}`} onClick={() => { onChange(values.filter((v) => v !== value)); }}><IconX size={12} aria-hidden="true" /></button>
          </span>
        </span>
      ))}
      {rest ? rest.length > 0 && <Pick label={`Add to ${label}`} value="" options={[{ value: '', label: values.length > 0 ? 'add…' : 'choose…' }, ...rest]} onChange={(value) => { if (value) onChange([...values, value]); }} /> : (
        <Suggest many field={field} databaseId={databaseId} place={place} label={label} text={typed} taken={values} placeholder={values.length > 0 ? 'add' : 'type or choose'}
          onText={(text) => { if (text.endsWith(',')) add(text); else setTyped(text); }}
          onPick={(value) => { put([String(value)]); }} onBlur={() => { add(typed); }}
          onPaste={(event) => {
            const text = event.clipboardData.getData('text/plain');
            if (valuesIn(text).length < 2) return;
            event.preventDefault();
            add(text);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && typed.trim()) { event.preventDefault(); add(typed); }
            if (event.key === 'Backspace' && typed === '' && values.length > 0) onChange(values.slice(0, -1));
          }} />
      )}
      {!options && values.length > 3 && <LongList label={label} values={values} onChange={onChange} />}
    </span>
  );
}
