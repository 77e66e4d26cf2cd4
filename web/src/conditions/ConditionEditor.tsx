import { useCallback, useEffect, useMemo, useRef, useState, type ClipboardEvent, type KeyboardEvent } from 'react';
import { announce, singleKeys } from '@/kit';
import css from './conditions.module.css';
import { EditorProvider, type Editor, type NodeCount } from './context';
import { findNode, insert, update } from './edit';
import { WHERE, withInner, type Inside } from './inner';
import { Picker } from './Picker';
import { useSegmentNames } from './references';
import { Sections } from './Sections';
import { useKeys } from './useKeys';
import type { GroupNode, RuleNode, Tree } from './tree';
import { manyOf, type Words } from './vocabulary';

export interface ConditionEditorProps {
  words: Words;
  databaseId: number;
  tree: Tree;
  change: (by: (tree: Tree) => Tree, typing?: string) => void;
  undo: () => void;
  redo: () => void;
  counts?: ReadonlyMap<string, NodeCount>;
  stale?: boolean;
  unfinished: ReadonlySet<string>;
  problems?: ReadonlyMap<string, readonly string[]>;
  said?: ReadonlyMap<string, string>;
  lit: string | null;
  light: (id: string | null) => void;
  /** the segment being edited, which cannot name itself */
  own?: number | undefined;
  /** raised to move the focus to a node: its id and a counter */
  focusOn?: { id: string; n: number } | null;
}

const none = new Map<string, never>();
/** The first control of a node, or its handle. */
function focusNode(root: HTMLElement | null, id: string, part: 'handle' | 'control'): void {
  const node = root?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
  const control = part === 'control' ? node?.querySelector<HTMLElement>('input') ?? node?.querySelector<HTMLElement>('select') : null;
  (control ?? node?.querySelector<HTMLElement>('[data-handle]') ?? root?.querySelector<HTMLElement>('[data-add]'))?.focus();
  node?.scrollIntoView({ block: 'nearest' });
}

/** The one editor of conditions: sections, groups, rules, picker, keyboard. What is counted and saved is the page's. */
export function ConditionEditor(props: ConditionEditorProps) {
  const { words, databaseId, tree, change: write, counts = none, stale = false, unfinished, problems = none, said = none, lit, light, own, focusOn } = props;
  const root = useRef<HTMLDivElement>(null);
  const [adding, setAdding] = useState<{ group: string; made: GroupNode | null; inside: Inside | null; step: string } | null>(null);
  const opener = useRef<Element | null>(null);
  const wanted = useRef<{ id: string; part: 'handle' | 'control' } | null>(null);
  const names = useSegmentNames(databaseId);
  const segments = useMemo(() => new Map((names ?? []).filter((s) => s.id !== own).map((s) => [s.id, s.name])), [names, own]);

  useEffect(() => {
    const next = wanted.current;
    if (!next || adding) return;
    wanted.current = null;
    const timer = setTimeout(() => { focusNode(root.current, next.id, next.part); }, 0); // after a closing menu or dialog has given the focus back
    return () => { clearTimeout(timer); };
  }, [tree, adding]);
  useEffect(() => { if (focusOn) focusNode(root.current, focusOn.id, 'control'); }, [focusOn]);

  const change = useCallback<Editor['change']>((by, options = {}) => {
    if (options.focus) wanted.current = { id: options.focus, part: 'handle' };
    write(by, options.typing);
  }, [write]);
  const editor = useMemo<Editor>(() => ({
    words, databaseId, tree, change, counts, stale, unfinished, problems, said, lit, light, segments, say: announce,
    add: (to, inside, step = WHERE) => { opener.current = document.activeElement; setAdding({ group: to.id, made: to, inside, step }); },
  }), [words, databaseId, tree, change, counts, stale, unfinished, problems, said, lit, light, segments]);

  const close = () => {
    setAdding(null);
    const back = opener.current;
    setTimeout(() => { if (back instanceof HTMLElement && back.isConnected) back.focus(); }, 0);
  };
  const onPick = (made: RuleNode, { stay, exclude }: { stay: boolean; exclude: boolean }) => {
    if (!adding) return;
    const put = (to: Tree): Tree => {
      if (exclude) return insert(to, to.exclude.id, to.exclude.of.length, [made]);
      const home = findNode(to, adding.group);
      if (home?.kind === 'group') return insert(to, home.id, home.of.length, [made]);
      if (!adding.inside || !adding.made) return to;
      const body = { ...adding.made, of: [...adding.made.of, made] };
      return update(to, adding.inside.id, (node) => (node.kind === 'rule' ? withInner(node, adding.step, body) : node));
    };
    wanted.current = { id: made.id, part: 'control' };
    write(put);
    announce('Rule added');
    if (!stay) setAdding(null);
  };
  return (
    <EditorProvider value={editor}>
      <Frame root={root} undo={props.undo} redo={props.redo} onAdd={(section) => { opener.current = document.activeElement; setAdding({ group: tree[section].id, made: null, inside: null, step: WHERE }); }}>
        <Sections />
      </Frame>
      {adding && (
        <Picker inside={adding.inside} canExclude={!adding.inside && adding.group !== tree.exclude.id} title={adding.inside ? 'Narrow by' : adding.group === tree.exclude.id ? `Exclude ${manyOf(words)} by` : 'Add a rule'}
          onPick={onPick} onClose={close} />
      )}
    </EditorProvider>
  );
}

function Frame({ root, undo, redo, onAdd, children }: { root: React.RefObject<HTMLDivElement | null>; undo: () => void; redo: () => void; onAdd: (section: 'include' | 'exclude') => void; children: React.ReactNode }) {
  const { onKey, onPaste } = useKeys({ undo, redo });
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      const at = event.target instanceof HTMLElement ? event.target : null;
      if (!singleKeys() || event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== 'a' || at?.closest('input, select, textarea, [contenteditable=true], [role=dialog], [role=menu]')) return;
      event.preventDefault();
      onAdd(event.shiftKey ? 'exclude' : 'include');
    };
    document.addEventListener('keydown', press);
    return () => { document.removeEventListener('keydown', press); };
  }, [onAdd]);
  return (
    <div className={css.editor} ref={root} role="group" aria-label="Rules" tabIndex={-1} onKeyDown={(event: KeyboardEvent) => { onKey(event); }} onPaste={(event: ClipboardEvent) => { onPaste(event); }}>
      {children}
    </div>
  );
}

