import { createContext, useContext } from 'react';
import type { components } from '@/api/schema';
import type { Inside } from './inner';
import type { GroupNode, Tree } from './tree';
import type { Words } from './vocabulary';

export type NodeCount = components['schemas']['NodeCount'];

/** What every part of one editor shares. */
export interface Editor {
  words: Words;
  databaseId: number;
  tree: Tree;
  /** `typing` joins keystrokes into one step of undo; `focus` gets the focus afterwards */
  change: (by: (tree: Tree) => Tree, options?: { typing?: string; focus?: string | null }) => void;
  /** opens the picker for a group; `inside`: the rule whose rows are narrowed; `step`: where the group belongs when it is not there yet */
  add: (group: GroupNode, inside: Inside | null, step?: string) => void;
  counts: ReadonlyMap<string, NodeCount>;
  /** the figures belong to an older state */
  stale: boolean;
  unfinished: ReadonlySet<string>;
  problems: ReadonlyMap<string, readonly string[]>;
  /** what the server says of a node, by its id: for what cannot be drawn */
  said: ReadonlyMap<string, string>;
  lit: string | null;
  light: (id: string | null) => void;
  segments: ReadonlyMap<number, string>;
  say: (text: string) => void;
}

const Context = createContext<Editor | null>(null);
export const EditorProvider = Context.Provider;

export function useEditor(): Editor {
  const found = useContext(Context);
  if (!found) throw new Error('A part of the condition editor stands outside of it');
  return found;
}
