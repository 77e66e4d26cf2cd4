import { autocompletion, closeBrackets, completeFromList } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { html } from '@codemirror/lang-html';
import { json } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { CodeEditorProps } from './CodeEditor';
import type { EditorProblem } from './types';

const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'var(--fd-surface)', color: 'var(--mantine-color-text)', border: '1px solid var(--mantine-color-default-border)', borderRadius: '6px', overflow: 'hidden' },
  '&.cm-focused': { outline: '2px solid var(--fd-focus)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace', lineHeight: '20px' },
  '.cm-gutters': { backgroundColor: 'var(--fd-surface)', color: 'var(--mantine-color-dimmed)', borderRight: '1px solid var(--fd-hairline)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--fd-hover)' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--fd-selected) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--fd-raised)', color: 'var(--mantine-color-text)', border: '1px solid var(--fd-hairline)', borderRadius: '6px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--fd-selected)', color: 'var(--fd-selected-text)' },
});

const ink = HighlightStyle.define([
  { tag: [tags.tagName, tags.keyword], color: 'var(--fd-fjord-text)' },
  { tag: [tags.attributeName, tags.propertyName], color: 'var(--fd-iris-text)' },
  { tag: [tags.string, tags.attributeValue], color: 'var(--fd-moss-text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--fd-marigold-text)' },
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--mantine-color-error)' },
]);

const languages: Record<CodeEditorProps['language'], () => Extension> = {
  json: () => json(),
  html: () => html(),
  mjml: () => html({ matchClosingTags: true, selfClosingTags: true }),
  text: () => [],
};

function marks(state: EditorState, problems: readonly EditorProblem[]): Diagnostic[] {
  return problems.map((problem) => {
    const line = state.doc.line(Math.min(Math.max(problem.line, 1), state.doc.lines));
    return { from: line.from, to: line.to, severity: problem.severity ?? 'error', message: problem.message };
  });
}

type Props = Omit<CodeEditorProps, 'error' | 'description' | 'bare'> & { invalid: boolean };
const nothing: readonly EditorProblem[] = [];

export default function CodeMirror({ label, value, onChange, language, problems = nothing, completions, height, readOnly = false, invalid, onReady }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const words = useRef(new Compartment());
  const change = useRef(onChange);
  const ready = useRef(onReady);
  const first = useRef(value);
  useEffect(() => { change.current = onChange; ready.current = onReady; });

  useEffect(() => {
    if (!box.current) return;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(), history(), drawSelection(), highlightActiveLine(), highlightSelectionMatches(), indentOnInput(), bracketMatching(), closeBrackets(), lintGutter(),
          languages[language](), words.current.of([]), syntaxHighlighting(ink), look, EditorView.lineWrapping,
          keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap, ...searchKeymap]),
          EditorState.readOnly.of(readOnly), EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'true', 'aria-description': 'Tab indents; press Escape and then Tab to leave the editor', tabindex: '0' }),
          EditorView.updateListener.of((update) => { if (update.docChanged) change.current?.(update.state.doc.toString()); }),
        ],
      }),
    });
    view.current = editor;
    ready.current?.({
      goTo: (n) => {
        const line = editor.state.doc.line(Math.min(Math.max(n, 1), editor.state.doc.lines));
        editor.dispatch({ selection: { anchor: line.from }, scrollIntoView: true });
        editor.focus();
      },
      insert: (text) => {
        editor.dispatch(editor.state.replaceSelection(text));
        editor.focus();
      },
    });
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [language, readOnly, label]);

  useEffect(() => {
    const editor = view.current;
    first.current = value;
    if (editor && editor.state.doc.toString() !== value) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => { if (view.current) view.current.dispatch(setDiagnostics(view.current.state, marks(view.current.state, problems))); }, [problems, value]);
  useEffect(() => {
    view.current?.dispatch({ effects: words.current.reconfigure(completions ? autocompletion({ override: [completeFromList([...completions])] }) : autocompletion()) });
  }, [completions]);

  return (
    <div ref={box} style={{ minHeight: height, maxHeight: typeof height === 'number' ? height * 2 : undefined }} data-invalid={invalid || undefined}
      className="fd-code" />
  );
}
