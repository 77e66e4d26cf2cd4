import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ConditionEditor, finishedBy, problemsOf, readTree, useTree, useWords, writeTree, type Json, type Words } from '@/conditions';

interface Props { raw: Words['raw']; databaseId: number; condition: Json | null; errors: readonly { pointer: string; message: string }[]; pointer: string; none: string; change: (condition: Json | null, unfinished: number) => void }

/** A condition inside a form: nothing at first, the one editor once somebody wants rules. */
export function Rules({ raw, databaseId, condition, errors, pointer, none, change }: Props) {
  const words = useWords(raw);
  const rules = useTree(() => readTree(condition));
  const [open, setOpen] = useState(condition !== null);
  const [lit, setLit] = useState<string | null>(null);
  const written = useMemo(() => writeTree(rules.tree, finishedBy(words)), [rules.tree, words]);
  const empty = rules.tree.include.of.length === 0 && rules.tree.exclude.of.length === 0;
  const told = useRef('');
  useEffect(() => {
    const next = empty ? null : (written.condition), key = JSON.stringify([next, written.skipped.length]);
    if (key === told.current) return;
    const first = told.current === '';
    told.current = key;
    if (!first) change(next, written.skipped.length);
  }, [written, empty, change]);
  const own = useMemo(() => errors.filter((e) => e.pointer.startsWith(pointer)).map((e) => ({ ...e, pointer: e.pointer.replace(pointer, '/condition') })), [errors, pointer]);
  if (!open) {
    return <Text component="div">{none} <Button variant="subtle" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => { setOpen(true); }}>Add rules</Button></Text>;
  }
  return (
    <>
      {empty && <Text c="dimmed" size="sm">{none}</Text>}
      <ConditionEditor words={words} databaseId={databaseId} tree={rules.tree} change={rules.change} undo={rules.undo} redo={rules.redo} unfinished={new Set(written.skipped)} problems={problemsOf(written, own)} lit={lit} light={setLit} />
    </>
  );
}
