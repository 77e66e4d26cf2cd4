import { Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import { CodeEditor } from '@/kit';
import { useEditor } from './context';
import { update } from './edit';
import { readNodes, writeNodes, type EditNode } from './tree';

/** One rule or group as JSON: for what the lines cannot say, and for the curious. */
export function NodeJson({ node, onClose }: { node: EditNode; onClose: () => void }) {
  const { change, words } = useEditor();
  const [text, setText] = useState(() => writeNodes([node]));
  const found = readNodes(text);
  const one = found?.length === 1 ? found[0] : undefined;
  const completions = [...words.raw.fields.map((f) => f.name), ...words.raw.events.map((e) => e.name), ...words.raw.links.map((l) => l.name), ...words.raw.operators.map((o) => o.key)];
  const take = () => {
    if (one) change((tree) => update(tree, node.id, () => ({ ...one, id: node.id })), { focus: node.id });
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={node.kind === 'group' ? 'The group as JSON' : 'The rule as JSON'} size={720} closeButtonProps={{ 'aria-label': 'Close' }}>
      <CodeEditor label={node.kind === 'group' ? 'Group as JSON' : 'Rule as JSON'} bare language="json" height={320} value={text} onChange={setText} completions={completions} error={one ? undefined : 'This is not one rule or group yet'} />
      <Group justify="space-between" mt="md">
        <Text size="xs" c="dimmed">The same JSON as in the API.</Text>
        <Group gap="xs">
          <Button variant="default" onClick={onClose}>Keep as it was</Button>
          <Button disabled={!one} onClick={take}>Use this JSON</Button>
        </Group>
      </Group>
    </Modal>
  );
}
