import { Button, Group, Select, Stack, TextInput, Text } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { IconButton } from '@/kit';
import type { TokenGroup } from '../placeholders';
import { PlaceholderInput } from './PlaceholderInput';
import { asKind, changed, doubled, fresh, parsed, toNode, toValue, without, written, type Kind, type Node } from './tree';
import css from './builder.module.css';

const kinds: readonly { value: Kind; label: string }[] = [
  { value: 'text', label: 'Text' }, { value: 'number', label: 'Number' }, { value: 'boolean', label: 'Yes or no' }, { value: 'object', label: 'Group' }, { value: 'list', label: 'List' }, { value: 'null', label: 'Empty' },
];

interface RowProps { node: Node; at: string; list: boolean; tokens: readonly TokenGroup[]; put: (id: number, change: (found: Node) => Node) => void; drop: (id: number) => void }

function Row({ node, at, list, tokens, put, drop }: RowProps) {
  const box = node.kind === 'object' || node.kind === 'list';
  const set = (change: Partial<Node>) => { put(node.id, (found) => ({ ...found, ...change })); };
  return (
    <>
      <div className={css.leaf} role="group" aria-label={at}>
        {!list && <TextInput className={css.leafName ?? ''} aria-label={`Name of ${at}`} placeholder="name" spellCheck={false} autoComplete="off" value={node.name} onChange={(e) => { set({ name: e.currentTarget.value }); }} />}
        <Select className={css.leafKind ?? ''} aria-label={`Kind of ${at}`} allowDeselect={false} data={[...kinds]} value={node.kind} onChange={(kind) => { if (kind) put(node.id, (found) => asKind(found, kind)); }} />
        {box || node.kind === 'null' ? <span style={{ flex: 1 }} /> : <div className={css.leafValue}>
          {node.kind === 'text' && <PlaceholderInput bare json label={`Value of ${at}`} tokens={tokens} value={node.value} onChange={(value) => { set({ value }); }} />}
          {node.kind === 'number' && <TextInput aria-label={`Value of ${at}`} inputMode="decimal" value={node.value} error={Number.isNaN(Number(node.value)) ? 'This is no number' : null} onChange={(e) => { set({ value: e.currentTarget.value }); }} />}
          {node.kind === 'boolean' && <Select aria-label={`Value of ${at}`} allowDeselect={false} data={[{ value: 'true', label: 'yes (true)' }, { value: 'false', label: 'no (false)' }]} value={node.value} onChange={(value) => { set({ value: value ?? 'true' }); }} />}
        </div>}
        <IconButton variant="subtle" color="gray" label={`Remove ${at}`} onClick={() => { drop(node.id); }}><IconX size={16} /></IconButton>
      </div>
      {box && <Children node={node} at={at} tokens={tokens} put={put} drop={drop} />}
    </>
  );
}

function Children({ node, at, tokens, put, drop }: Omit<RowProps, 'list'>) {
  const list = node.kind === 'list';
  return (
    <div className={at ? css.children : undefined}>
      {node.children.map((child, n) => <Row key={child.id} node={child} at={`${at ? `${at}.` : ''}${list ? String(n + 1) : child.name || `field ${n + 1}`}`} list={list} tokens={tokens} put={put} drop={drop} />)}
      <Group mt={4} mb={8}><Button variant="subtle" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => { put(node.id, (found) => ({ ...found, children: [...found.children, fresh()] })); }}>{list ? `Add an item${at ? ` to ${at}` : ''}` : `Add a field${at ? ` to ${at}` : ''}`}</Button></Group>
    </div>
  );
}

/** JSON as rows: name, kind, value. The text it stands for is what the form holds. */
export function JsonTree({ value, onChange, tokens }: { value: string; onChange: (value: string) => void; tokens: readonly TokenGroup[] }) {
  const [held, setHeld] = useState(() => ({ text: value, root: toNode(parsed(value).value ?? {}) }));
  if (held.text !== value) setHeld({ text: value, root: toNode(parsed(value).value ?? {}) }); // changed elsewhere
  const keep = (root: Node) => { const text = written(toValue(root)); setHeld({ text, root }); onChange(text); };
  const { root } = held, twice = doubled(root), box = root.kind === 'object' || root.kind === 'list';
  const put = (id: number, change: (found: Node) => Node) => { keep(changed(root, id, change)); };
  return (
    <Stack gap={4}>
      {box ? <Children node={root} at="" tokens={tokens} put={put} drop={(id) => { keep(without(root, id)); }} />
        : <Text size="sm" c="dimmed">The body is a single value; write it as JSON.</Text>}
      {twice.length > 0 && <Text c="error" size="sm" role="alert">{`“${twice[0] ?? ''}” stands here twice: only the last of them is sent`}</Text>}
    </Stack>
  );
}
