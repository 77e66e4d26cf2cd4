import type { ClipboardEvent, KeyboardEvent } from 'react';
import { copyNode, useCommands, usePaste, type Command } from './commands';
import { useEditor } from './context';
import { findNode } from './edit';

const isField = (target: EventTarget): boolean => target instanceof HTMLElement && target.closest('input, textarea, [contenteditable=true]') !== null;
const nodeAt = (target: EventTarget): string | null => (target instanceof HTMLElement ? target.closest<HTMLElement>('[data-node]')?.dataset.node ?? null : null);

/** Keys of the editor, active only while it has the focus; inside a field the browser's own keys stay. */
export function useKeys({ undo, redo }: { undo: () => void; redo: () => void }): { onKey: (event: KeyboardEvent) => void; onPaste: (event: ClipboardEvent) => void } {
  const { tree } = useEditor();
  const run = useCommands(), paste = usePaste();
  const command = (event: KeyboardEvent): Command | null => {
    const key = event.key.toLowerCase(), mod = event.ctrlKey || event.metaKey, field = isField(event.target);
    if (event.altKey && !mod) return key === 'arrowup' ? 'up' : key === 'arrowdown' ? 'down' : null;
    if (mod && !event.shiftKey) return key === 'g' ? 'group' : key === 'd' ? 'duplicate' : null;
    if (field || mod || event.target instanceof HTMLSelectElement) return null;
    return key === 'delete' ? 'remove' : key === '[' ? 'out' : key === ']' ? 'into' : null;
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.closest('[role=dialog], [role=menu]')) return;
    const id = nodeAt(event.target), key = event.key.toLowerCase(), mod = event.ctrlKey || event.metaKey;
    if (mod && key === 'z' && !isField(event.target)) {
      event.preventDefault();
      if (event.shiftKey) redo(); else undo();
      return;
    }
    if (!id) return;
    const found = command(event);
    if (found) {
      event.preventDefault();
      run(found, id);
    } else if (mod && key === 'c' && !isField(event.target) && window.getSelection()?.isCollapsed !== false) {
      const node = findNode(tree, id);
      if (node) { event.preventDefault(); void copyNode(node); }
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    if (isField(event.target)) return;
    if (paste(event.clipboardData.getData('text/plain'), nodeAt(event.target))) event.preventDefault();
  };
  return { onKey, onPaste };
}
