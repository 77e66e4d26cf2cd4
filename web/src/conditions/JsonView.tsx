import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { CodeEditor } from '@/kit';
import { lineOf } from './marks';
import { readNodes, readTree, type Json, type Tree } from './tree';
import type { Words } from './vocabulary';

interface JsonViewProps {
  condition: Json;
  errors: readonly { pointer: string; message: string }[];
  words: Words;
  onChange: (tree: Tree) => void;
}

/** The condition as JSON, to read, change and paste. Complaints of the server stand at their line. */
export function JsonView({ condition, errors, words, onChange }: JsonViewProps) {
  const [own, setOwn] = useState<string | null>(null);
  const text = own ?? JSON.stringify(condition, null, 2);
  const readable = own === null || readNodes(own)?.length === 1;
  const problems = own === null ? errors.filter((e) => e.pointer.startsWith('/condition')).map((e) => ({ line: lineOf(condition, e.pointer.slice('/condition'.length)), message: e.message })) : [];
  const completions = [...words.raw.fields.map((f) => f.name), ...words.raw.events.map((e) => e.name), ...words.raw.links.map((l) => l.name), ...words.raw.operators.map((o) => o.key)];
  const take = (next: string) => {
    setOwn(next);
    const nodes = readNodes(next);
    if (nodes?.length === 1) onChange(readTree(JSON.parse(next) as Json));
  };
  return (
    <Stack gap="xs">
      <CodeEditor label="Condition as JSON" bare language="json" height={520} value={text} onChange={take} problems={problems} completions={completions} error={readable ? undefined : 'This is not one condition yet; the rules stay as they were'} />
      <Group justify="space-between">
        <Text c="dimmed" size="xs">The same JSON as in the API. Changes show in the builder at once.</Text>
        {own !== null && <Button size="compact-sm" variant="default" onClick={() => { setOwn(null); }}>Format</Button>}
      </Group>
      {errors.map((e) => <Text key={`${e.pointer}${e.message}`} c="error" size="xs" role="alert">{e.pointer.replace('/condition', '') || '/'}: {e.message}</Text>)}
    </Stack>
  );
}
