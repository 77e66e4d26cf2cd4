import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { rememberFocus } from '../confirm/focus';
import { Time } from '../format/Values';
import { SmallTable } from '../list/SmallTable';
import type { Column } from '../list/types';

export interface Difference { label: string; theirs: string; mine: string }

export interface ConflictProps {
  /** who was first, in the server's words */
  words: string;
  /** when they saved */
  at: string;
  /** what differs between theirs and what is on the screen */
  differences: readonly Difference[];
  onTheirs: () => void;
  onMine: () => void;
  /** neither: goes on editing, nothing is saved */
  onClose: () => void;
}

const columns: Column<Difference>[] = [
  { key: 'label', header: 'What', cell: (d) => d.label },
  { key: 'theirs', header: 'Theirs', priority: 2, cell: (d) => <><span className="fd-live">theirs </span>{d.theirs || 'empty'}</> },
  { key: 'mine', header: 'Yours', priority: 2, cell: (d) => <><span className="fd-live">yours </span>{d.mine || 'empty'}</> },
];

/** Someone else saved first: what differs, and whose it shall be. Nothing is written over before that is answered. */
export function Conflict({ words, at, differences, onTheirs, onMine, onClose }: ConflictProps) {
  useEffect(() => rememberFocus(), []);
  return (
    <Modal opened onClose={onClose} size="lg" title="Someone else saved first" closeButtonProps={{ 'aria-label': 'Go on editing' }}>
      <Stack gap="md">
        <Text>{words} (<Time value={at} mode="absolute" />).</Text>
        {differences.length > 0 ? <SmallTable label="What differs" columns={columns} rows={differences} rowKey={(d) => d.label} /> : <Text c="dimmed">Both say the same.</Text>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onTheirs}>Take theirs</Button>
          <Button variant="default" onClick={onMine} data-autofocus>Keep mine</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const short = (value: unknown): string => {
  const text = typeof value === 'string' ? value : typeof value === 'boolean' ? (value ? 'yes' : 'no') : value === null || value === undefined ? '' : Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
  const lines = text.split('\n').length;
  return lines > 2 || text.length > 140 ? `${lines} lines, beginning “${text.trim().slice(0, 60)}…”` : text;
};

/** What differs between two states of the same form; `words` turns a value into what a person reads. */
export function differencesOf<V extends object>(theirs: V, mine: V, labels: Partial<Record<keyof V & string, string>>, words: (key: keyof V & string, value: unknown) => unknown = (_, value) => value): Difference[] {
  return (Object.keys(labels) as (keyof V & string)[]).flatMap((key) => {
    if (JSON.stringify(theirs[key]) === JSON.stringify(mine[key])) return [];
    return [{ label: labels[key] ?? key, theirs: short(words(key, theirs[key])), mine: short(words(key, mine[key])) }];
  });
}
