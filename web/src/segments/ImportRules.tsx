import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { copyOf, groupWords, nodeWords, readTree, useSegmentNames, type EditNode, type GroupNode, type Tree, type Words } from '@/conditions';
import { group } from '@/conditions';

interface ImportProps { databaseId: number; own: number | null; words: Words; segments: ReadonlyMap<number, string>; onTake: (by: (tree: Tree) => Tree, count: number) => void; onClose: () => void }

/** Rules of another segment behind one's own: several that stood together stay together. */
export function withRules(tree: Tree, from: Tree): Tree {
  const fits = (home: GroupNode, part: GroupNode): EditNode[] => {
    const nodes = part.of.map(copyOf);
    return nodes.length === 0 ? [] : part.mode === home.mode || (nodes.length === 1 && (part.mode === 'all' || part.mode === 'any')) || (home.of.length === 0 && part.mode === 'all') ? nodes : [group(part.mode, nodes, false)];
  };
  const include = { ...tree.include, mode: tree.include.of.length === 0 ? from.include.mode : tree.include.mode };
  return {
    include: { ...include, of: [...include.of, ...fits(include, from.include)] },
    exclude: { ...tree.exclude, of: [...tree.exclude.of, ...fits(tree.exclude, from.exclude)] },
  };
}

/** Takes the rules of another segment of the database, as a copy. */
export function ImportRules({ databaseId, own, words, segments, onTake, onClose }: ImportProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  const offered = (useSegmentNames(databaseId) ?? []).filter((s) => s.id !== own && s.condition !== null);
  const found = offered.find((s) => String(s.id) === chosen);
  const tree = found ? readTree(found.condition) : null;
  const count = tree ? tree.include.of.length + tree.exclude.of.length : 0;
  return (
    <Modal opened onClose={onClose} title="Import rules from a segment" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <Select label="Segment" placeholder="Search by name" searchable data={offered.map((s) => ({ value: String(s.id), label: s.name }))} value={chosen} onChange={setChosen} nothingFoundMessage="No segment with rules is called so" data-autofocus comboboxProps={{ withinPortal: true }} />
        {tree && (
          <Stack gap={4}>
            {tree.include.of.length > 0 && <Text><b>{groupWords(tree.include, 'Include')}:</b> {tree.include.of.map((n) => nodeWords(words, n, segments)).join(tree.include.mode === 'any' ? ' or ' : ' and ')}</Text>}
            {tree.exclude.of.length > 0 && <Text><b>{groupWords(tree.exclude, 'Exclude')}:</b> {tree.exclude.of.map((n) => nodeWords(words, n, segments)).join(' or ')}</Text>}
          </Stack>
        )}
        <Text size="xs" c="dimmed">The rules are copied behind yours; later changes of the other segment do not follow. To follow it, add the rule “In a segment”.</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Keep my rules</Button>
          <Button disabled={count === 0} onClick={() => { if (tree) onTake((mine) => withRules(mine, tree), count); }}>Import {count === 1 ? '1 rule' : `${count} rules`}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
