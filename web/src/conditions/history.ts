import { useCallback, useReducer } from 'react';
import type { Tree } from './tree';

interface Past { past: Tree[]; present: Tree; future: Tree[]; key: string; at: number }
type Step = { type: 'set'; change: (tree: Tree) => Tree; key: string; at: number } | { type: 'undo' } | { type: 'redo' } | { type: 'load'; tree: Tree };

const MOST = 200;
/** Typing into the same place within this time is one step. */
const TYPING_MS = 1000;

function step(state: Past, action: Step): Past {
  switch (action.type) {
    case 'set': {
      const present = action.change(state.present);
      if (present === state.present) return state;
      const same = action.key !== '' && action.key === state.key && action.at - state.at < TYPING_MS;
      return { past: same ? state.past : [...state.past.slice(-MOST), state.present], present, future: [], key: action.key, at: action.at };
    }
    case 'undo': {
      const before = state.past.at(-1);
      return before ? { past: state.past.slice(0, -1), present: before, future: [state.present, ...state.future], key: '', at: 0 } : state;
    }
    case 'redo': {
      const [next, ...future] = state.future;
      return next ? { past: [...state.past, state.present], present: next, future, key: '', at: 0 } : state;
    }
    case 'load':
      return { past: [], present: action.tree, future: [], key: '', at: 0 };
  }
}

export interface TreeState {
  tree: Tree;
  /** `key` joins keystrokes into one step: the place that is typed into */
  change: (change: (tree: Tree) => Tree, key?: string) => void;
  undo: () => void;
  redo: () => void;
  canUndo: boolean;
  canRedo: boolean;
  /** another tree, with nothing to undo */
  load: (tree: Tree) => void;
}

/** A tree with undo and redo. */
export function useTree(initial: () => Tree): TreeState {
  const [state, send] = useReducer(step, null, (): Past => ({ past: [], present: initial(), future: [], key: '', at: 0 }));
  const change = useCallback((by: (tree: Tree) => Tree, key = '') => { send({ type: 'set', change: by, key, at: Date.now() }); }, []);
  const undo = useCallback(() => { send({ type: 'undo' }); }, []);
  const redo = useCallback(() => { send({ type: 'redo' }); }, []);
  const load = useCallback((tree: Tree) => { send({ type: 'load', tree }); }, []);
  return { tree: state.present, change, undo, redo, load, canUndo: state.past.length > 0, canRedo: state.future.length > 0 };
}
