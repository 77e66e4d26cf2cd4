import { useCallback } from 'react';
import { useEditor } from './context';
import { duplicate, find, groupWithNext, insert, into, move, neighbour, out, remove, toOther, ungroup } from './edit';
import { readNodes, writeNodes, type EditNode } from './tree';

export type Command = 'up' | 'down' | 'into' | 'out' | 'other' | 'group' | 'ungroup' | 'duplicate' | 'remove';

/** The clipboard of this tab, for browsers that do not let a page read the system's own. */
let kept = '';

export async function copyNode(node: EditNode): Promise<void> {
  kept = writeNodes([node]);
  if ('clipboard' in navigator) await navigator.clipboard.writeText(kept).catch(() => undefined); // without permission the tab's own copy serves
}

const said: Readonly<Record<Command, string>> = {
  up: 'Moved up', down: 'Moved down', into: 'Moved into the group', out: 'Moved out of the group', other: 'Moved to the other section', group: 'Grouped', ungroup: 'Group dissolved', duplicate: 'Duplicated', remove: 'Removed',
};

/** Commands on one node. The focus follows the node, or goes to its neighbour when it is gone. */
export function useCommands(): (command: Command, id: string) => void {
  const { tree, change, say } = useEditor();
  return useCallback((command, id) => {
    const focus = command === 'remove' || command === 'ungroup' ? neighbour(tree, id) : id;
    say(said[command]);
    switch (command) {
      case 'up': change((t) => move(t, id, -1), { focus }); break;
      case 'down': change((t) => move(t, id, 1), { focus }); break;
      case 'into': change((t) => into(t, id), { focus }); break;
      case 'out': change((t) => out(t, id), { focus }); break;
      case 'other': change((t) => toOther(t, id), { focus }); break;
      case 'ungroup': change((t) => ungroup(t, id), { focus }); break;
      case 'remove': change((t) => remove(t, id), { focus }); break;
      case 'group': {
        const made = groupWithNext(tree, id);
        change(() => made.tree, { focus: made.id });
        break;
      }
      case 'duplicate': {
        const made = duplicate(tree, id);
        change(() => made.tree, { focus: made.id });
      }
    }
  }, [tree, change, say]);
}

/** Puts rules from a text behind a node, or at the end of a section. False when the text is no rule. */
export function usePaste(): (text: string, behind: string | null) => boolean {
  const { tree, change, say } = useEditor();
  return useCallback((text, behind) => {
    const nodes = readNodes(text === '' ? kept : text);
    const [first] = nodes ?? [];
    if (!nodes || !first) return false;
    const place = behind === null ? null : find(tree, behind);
    const home = place?.parent ?? (behind === tree.exclude.id ? tree.exclude : tree.include);
    change((t) => insert(t, home.id, place ? place.index + 1 : home.of.length, nodes), { focus: first.id });
    say(nodes.length === 1 ? 'Rule pasted' : `${nodes.length} rules pasted`);
    return true;
  }, [tree, change, say]);
}
