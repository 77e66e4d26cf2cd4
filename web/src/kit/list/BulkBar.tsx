import { Anchor, Button } from '@mantine/core';
import { useState } from 'react';
import { formatNumber } from '../format/number';
import { useAnnounce } from '../states/announce';
import type { BulkAction, Noun, Selection } from './types';
import css from './list.module.css';

export interface BulkBarProps {
  selection: Selection;
  actions: readonly BulkAction[];
  noun: Noun;
  total: number | null;
  /** more rows match than are selected */
  canSelectAll: boolean;
  onSelectAll: () => void;
  onClear: () => void;
}

/** `2,469 selected · Add to segment · Clear`; selecting everything that matches is always a second, named step. */
export function BulkBar({ selection, actions, noun, total, canSelectAll, onSelectAll, onClear }: BulkBarProps) {
  const [busy, setBusy] = useState<number | null>(null);
  const count = selection.count === null ? `all ${noun.many} that match` : formatNumber(selection.count);
  const refusals = actions.flatMap((action) => action.refusal?.(selection) ?? []);
  useAnnounce(refusals.join('. '));
  const run = async (action: BulkAction, i: number) => {
    setBusy(i);
    try {
      if ((await action.run(selection)) !== false) onClear();
    } finally {
      setBusy(null);
    }
  };
  return (
    <div className={css.bulk} role="region" aria-label="Selection">
      <strong>{selection.all && selection.count === null ? 'All that match are selected' : `${count} selected`}</strong>
      {canSelectAll && !selection.all && (
        <Anchor component="button" type="button" inherit c="inherit" td="underline" onClick={onSelectAll}>
          {total === null ? 'Select all that match' : `Select all ${formatNumber(total)} that match`}
        </Anchor>
      )}
      {actions.map((action, i) => (
        <Button key={i} size="xs" variant={action.danger ? 'filled' : 'default'} {...(action.danger ? { color: 'clay' } : {})} leftSection={action.icon}
          loading={busy === i} disabled={(busy !== null && busy !== i) || (selection.all && action.pageOnly === true) || (action.refusal?.(selection) ?? null) !== null} onClick={() => void run(action, i)}>
          {action.label(count)}
        </Button>
      ))}
      {refusals.map((words) => <span key={words}>{words}</span>)}
      <Button size="xs" variant="subtle" color="gray" ml="auto" onClick={onClear}>Clear</Button>
    </div>
  );
}
