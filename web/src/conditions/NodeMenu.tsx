import { Menu, UnstyledButton } from '@mantine/core';
import { IconGripVertical } from '@tabler/icons-react';
import { useState, type DragEvent } from 'react';
import { useEditor } from './context';
import css from './conditions.module.css';
import { copyNode, useCommands } from './commands';
import { find } from './edit';
import { NodeJson } from './NodeJson';
import type { EditNode } from './tree';

/** The handle: dragged with the mouse, and a menu with every move for everybody. */
export function NodeMenu({ node, name }: { node: EditNode; name: string }) {
  const { tree } = useEditor();
  const run = useCommands();
  const [json, setJson] = useState(false);
  const place = find(tree, node.id);
  const nested = place !== null && place.trail.length > 1;
  const beside = place !== null && [place.parent.of[place.index - 1], place.parent.of[place.index + 1]].some((n) => n?.kind === 'group');
  const section = place?.trail[0]?.id === tree.exclude.id ? 'Include' : 'Exclude';
  return (
    <>
    <Menu position="bottom-start" width={232} shadow="md">
      <Menu.Target>
        <UnstyledButton className={css.handle ?? ''} aria-label={`Move or change: ${name}`} data-handle draggable
          onDragStart={(event: DragEvent) => { event.dataTransfer.setData('application/x-fidelia-rule', node.id); event.dataTransfer.effectAllowed = 'move'; }}>
          <IconGripVertical size={16} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item rightSection="Alt ↑" onClick={() => { run('up', node.id); }}>Move up</Menu.Item>
        <Menu.Item rightSection="Alt ↓" onClick={() => { run('down', node.id); }}>Move down</Menu.Item>
        {beside && <Menu.Item rightSection="]" onClick={() => { run('into', node.id); }}>Move into the group beside</Menu.Item>}
        {nested && <Menu.Item rightSection="[" onClick={() => { run('out', node.id); }}>Move out of the group</Menu.Item>}
        {!place?.inside && <Menu.Item onClick={() => { run('other', node.id); }}>Move to {section}</Menu.Item>}
        <Menu.Divider />
        <Menu.Item rightSection="Ctrl G" onClick={() => { run('group', node.id); }}>Group with next</Menu.Item>
        {node.kind === 'group' && <Menu.Item onClick={() => { run('ungroup', node.id); }}>Dissolve the group</Menu.Item>}
        <Menu.Item rightSection="Ctrl D" onClick={() => { run('duplicate', node.id); }}>Duplicate</Menu.Item>
        <Menu.Item rightSection="Ctrl C" onClick={() => { void copyNode(node); }}>Copy as JSON</Menu.Item>
        <Menu.Item onClick={() => { setJson(true); }}>Edit as JSON…</Menu.Item>
        <Menu.Divider />
        <Menu.Item color="clay" rightSection="Del" onClick={() => { run('remove', node.id); }}>Remove</Menu.Item>
      </Menu.Dropdown>
    </Menu>
    {json && <NodeJson node={node} onClose={() => { setJson(false); }} />}
    </>
  );
}
