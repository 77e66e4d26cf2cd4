import { Input, Skeleton } from '@mantine/core';
import { lazy, Suspense, useId } from 'react';
import type { EditorHandle, EditorProblem } from './types';

const CodeMirror = lazy(() => import('./CodeMirror'));

export interface CodeEditorProps {
  label: string;
  value: string;
  onChange?: (value: string) => void;
  language: 'json' | 'mjml' | 'html' | 'text';
  /** marks in the margin; each has a line, counted from 1 */
  problems?: readonly EditorProblem[];
  /** words offered while typing, such as `profile.first_name` */
  completions?: readonly string[];
  height?: number | string;
  readOnly?: boolean;
  error?: string | undefined;
  description?: string;
  /** hides the label from the eye, not from the screen reader */
  bare?: boolean;
  /** jump to a line, insert at the cursor */
  onReady?: (handle: EditorHandle) => void;
}

/** Code with line numbers, marks and completion; loaded when it is first shown. Esc then Tab leaves it. */
export function CodeEditor({ label, height = 320, error, description, bare = false, ...rest }: CodeEditorProps) {
  const id = useId();
  return (
    <Input.Wrapper {...(bare ? {} : { label, labelElement: 'div' as const })} labelProps={{ id }} error={error} description={description}>
      <Suspense fallback={<Skeleton height={height} />}>
        <CodeMirror label={label} height={height} invalid={Boolean(error)} {...rest} />
      </Suspense>
    </Input.Wrapper>
  );
}
