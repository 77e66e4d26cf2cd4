import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Keys } from '../figures/Keys';
import { formatStamp } from '../format/time';
import css from './form.module.css';

export interface SaveBarProps {
  dirty: boolean;
  changes: number;
  saving: boolean;
  saveLabel: string;
  savedAt?: string | null;
  onDiscard: () => void;
  /** for editors that are not inside a form */
  onSave?: () => void;
  aside?: ReactNode;
  /** what waits for a decision while everything is saved: only `aside` stands beside it */
  waiting?: string | undefined;
}

/** `3 unsaved changes · Discard · Save`; one for each page, shown only while something is unsaved. */
export function SaveBar({ dirty, changes, saving, saveLabel, savedAt, onDiscard, onSave, aside, waiting }: SaveBarProps) {
  if (!dirty) {
    return waiting === undefined ? null : (
      <div className={css.bar} role="region" aria-label={waiting}>
        <Text>{waiting}</Text>
        <Group gap="xs" ml="auto">{aside}</Group>
      </div>
    );
  }
  return (
    <div className={css.bar} role="region" aria-label="Unsaved changes">
      <Text>
        {changes === 1 ? '1 unsaved change' : changes > 1 ? `${changes} unsaved changes` : 'Unsaved changes'}
        {savedAt && <Text span inherit c="dimmed"> · draft kept {formatStamp(savedAt).split(', ')[1]}</Text>}
      </Text>
      <Group gap="xs" ml="auto">
        {aside}
        <Button variant="default" onClick={onDiscard}>Discard</Button>
        <Button type={onSave ? 'button' : 'submit'} loading={saving} {...(onSave ? { onClick: onSave } : {})} rightSection={<Keys combo="mod+S" plain />}>{saveLabel}</Button>
      </Group>
    </div>
  );
}
