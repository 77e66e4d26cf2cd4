import { Combobox, useCombobox } from '@mantine/core';
import { useState, type ClipboardEvent, type KeyboardEvent } from 'react';
import { formatNumber, formatShare } from '@/kit';
import css from './conditions.module.css';
import { useValues, type Place } from './suggestions';
import type { Field } from './vocabulary';

interface SuggestProps {
  field: Field;
  databaseId: number;
  place: Place;
  label: string;
  text: string;
  /** values that are chosen already */
  taken?: readonly string[];
  placeholder: string;
  numeric?: boolean;
  /** several values may follow one another: the list stays open */
  many?: boolean;
  bad?: boolean;
  onText: (text: string) => void;
  onPick: (value: unknown) => void;
  onBlur?: () => void;
  onPaste?: (event: ClipboardEvent) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A field to type into that offers real values with how many have each; typing something else is fine. */
export function Suggest({ field, databaseId, place, label, text, taken = [], placeholder, numeric = false, bad = false, many = false, onText, onPick, onBlur, onPaste, onKeyDown }: SuggestProps) {
  const box = useCombobox({ onDropdownClose: () => { box.resetSelectedOption(); } });
  const [open, setOpen] = useState(false);
  const found = useValues(databaseId, field, place, text, open);
  const items = (found.data?.items ?? []).filter((item) => !taken.includes(textOf(item.value)));
  const { filled = 0, total = 0, of = 'people' } = found.data ?? {};
  const show = (on: boolean) => {
    setOpen(on);
    if (on) box.openDropdown(); else box.closeDropdown();
  };
  const pick = (value: string) => {
    const item = items.find((one) => textOf(one.value) === value);
    if (!item) return;
    onPick(item.value);
    if (!many) show(false);
  };
  const known = found.data !== undefined;
  return (
    <Combobox store={box} onOptionSubmit={pick} width={280} position="bottom-start" shadow="md" offset={4} withinPortal>
      <Combobox.Target withExpandedAttribute>
        <input className={css.input} role="combobox" aria-autocomplete="list" aria-label={label} aria-invalid={bad} autoComplete="off" placeholder={placeholder} value={text} {...(numeric ? { 'data-number': true, inputMode: 'decimal' } : {})}
          onFocus={() => { show(true); }} onClick={() => { show(true); }}
          onBlur={() => { show(false); onBlur?.(); }}
          onChange={(event) => { onText(event.currentTarget.value); show(true); box.resetSelectedOption(); }}
          onPaste={onPaste}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && box.dropdownOpened) { event.stopPropagation(); show(false); return; }
            if (event.key === 'Enter' && box.dropdownOpened && box.getSelectedOptionIndex() !== -1) return; // the list takes it
            onKeyDown?.(event);
          }} />
      </Combobox.Target>
      <Combobox.Dropdown hidden={!known || (items.length === 0 && text !== '')}>
        <Combobox.Options mah={264} style={{ overflowY: 'auto' }} aria-label={`Values of ${field.label}`}>
          {items.map((item) => (
            <Combobox.Option key={textOf(item.value)} value={textOf(item.value)} className={css.suggestion ?? ''}>
              <span>{field.options.find((o) => o.value === item.value)?.label ?? textOf(item.value)}</span>
              <span className={css.entryNote}>{formatNumber(item.count)}</span>
            </Combobox.Option>
          ))}
          {items.length === 0 && <Combobox.Empty>No value yet</Combobox.Empty>}
        </Combobox.Options>
        {known && total > 0 && (
          <Combobox.Footer className={css.fill ?? ''}>
            {filled === total ? `All ${formatNumber(total)} ${of} have one` : `${formatShare(filled, total)} filled · ${formatNumber(total - filled)} ${of} have none`}
            {found.data.least !== null && found.data.least !== undefined && ` · ${textOf(found.data.least)} to ${textOf(found.data.greatest)}`}
          </Combobox.Footer>
        )}
      </Combobox.Dropdown>
    </Combobox>
  );
}
