import { Button, Collapse, Group, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconChevronDown, IconChevronRight, IconPlus, IconX } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { AppFormState } from '@/kit';
import { IconButton } from '@/kit';
import type { Values } from './values';
import css from './builder.module.css';

export type Form = AppFormState<Values>['form'];

interface Props {
  form: Form;
  /** where the list stands in the form: `definition.content` */
  path: string;
  count: number;
  /** for the screen reader: "Fields of the message" */
  label: string;
  /** what a row is called: "field Text" */
  named: (n: number) => string;
  summary: (n: number) => ReactNode;
  children: (n: number) => ReactNode;
  add: string;
  fresh: () => unknown;
  most: number;
  least?: number;
  /** the order means something: rows are numbered and can be moved */
  ordered?: boolean;
  none?: string;
}

/** Rows that read as sentences and open to be changed; a row with a fault stands open. */
export function Rows({ form, path, count, label, named, summary, children, add, fresh, most, least = 0, ordered = false, none }: Props) {
  const [open, setOpen] = useState<number | null>(null);
  const wrong = (n: number) => Object.keys(form.errors).some((at) => at.startsWith(`${path}.${n}.`) || at === `${path}.${n}`);
  const move = (from: number, to: number) => {
    form.reorderListItem(path as never, { from, to });
    if (open === from) setOpen(to);
    else if (open === to) setOpen(from);
  };
  const own = form.errors[path];
  return (
    <div>
      {count === 0 && none && <Text c="dimmed" size="sm" mb="xs">{none}</Text>}
      <ol className={css.rows} aria-label={label}>
        {Array.from({ length: count }, (_, n) => {
          const shown = open === n || wrong(n);
          return (
            <li key={n} className={css.row} {...(wrong(n) ? { 'data-wrong': true } : {})}>
              <div className={css.head}>
                <button type="button" className={css.summary} aria-expanded={shown} onClick={() => { setOpen(open === n ? null : n); }}>
                  {shown ? <IconChevronDown size={14} style={{ flex: 'none', alignSelf: 'center' }} aria-hidden="true" /> : <IconChevronRight size={14} style={{ flex: 'none', alignSelf: 'center' }} aria-hidden="true" />}
                  {ordered && <span className={css.number}>{n + 1}</span>}
                  <span style={{ minWidth: 0, overflowWrap: 'anywhere' }}>{summary(n)}</span>
                </button>
                <span className={css.tools}>
                  {ordered && count > 1 && <IconButton variant="subtle" color="gray" label={`Move ${named(n)} up`} disabled={n === 0} onClick={() => { move(n, n - 1); }}><IconArrowUp size={16} /></IconButton>}
                  {ordered && count > 1 && <IconButton variant="subtle" color="gray" label={`Move ${named(n)} down`} disabled={n === count - 1} onClick={() => { move(n, n + 1); }}><IconArrowDown size={16} /></IconButton>}
                  {count > least && <IconButton variant="subtle" color="gray" label={`Remove ${named(n)}`} onClick={() => { form.removeListItem(path as never, n); setOpen(null); }}><IconX size={16} /></IconButton>}
                </span>
              </div>
              <Collapse expanded={shown}><div className={css.body}>{shown && children(n)}</div></Collapse>
            </li>
          );
        })}
      </ol>
      {own && <Text c="error" size="sm" role="alert" mt={4}>{own}</Text>}
      {count < most && <Group mt="xs"><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem(path as never, fresh() as never); setOpen(count); }}>{add}</Button></Group>}
    </div>
  );
}
