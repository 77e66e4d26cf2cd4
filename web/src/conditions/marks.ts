import type { NodeCount } from './context';
import type { Written } from './tree';

/** Which node a JSON pointer belongs to: the deepest one at or above it. */
export function nodeAt(written: Written, pointer: string): string | null {
  let best: string | null = null, length = -1;
  for (const [id, path] of written.paths) {
    if ((pointer === path || pointer.startsWith(`${path}/`) || path === '') && path.length >= length) {
      best = id;
      length = path.length;
    }
  }
  return best;
}

/** Figures by node, from figures by pointer. */
export function countsOf(written: Written, nodes: readonly NodeCount[] | null | undefined): Map<string, NodeCount> {
  const byPath = new Map((nodes ?? []).map((node) => [node.path, node]));
  const found = new Map<string, NodeCount>();
  for (const [id, path] of written.paths) {
    const own = byPath.get(path);
    if (own) found.set(id, { ...own, missing: own.missing ?? byPath.get(`${path}/of`)?.missing ?? null });
  }
  return found;
}

/** What the server says of each node, from the sentence of the whole. */
export function saidOf(written: Written, sentence: string, spans: readonly { path: string; start: number; end: number }[]): Map<string, string> {
  const byPath = new Map(spans.map((span) => [span.path, sentence.slice(span.start, span.end)]));
  return new Map([...written.paths].flatMap(([id, path]) => { const words = byPath.get(path); return words ? [[id, words]] : []; }));
}

/** What the server complained about, by node; what fits no node stands under ''. */
export function problemsOf(written: Written, errors: readonly { pointer: string; message: string }[], prefix = '/condition'): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { pointer, message } of errors) {
    const id = pointer.startsWith(prefix) ? nodeAt(written, pointer.slice(prefix.length)) ?? '' : '';
    found.set(id, [...(found.get(id) ?? []), message]);
  }
  return found;
}

/** The line of a pretty-printed JSON where a pointer stands; the deepest step that exists. */
export function lineOf(value: unknown, pointer: string): number {
  const steps = pointer.split('/').slice(1).map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'));
  let line = 1, at = value;
  const lines = (v: unknown): number => JSON.stringify(v, null, 2).split('\n').length;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null) return line;
    const entries = Object.entries(at);
    const index = entries.findIndex(([key]) => key === step);
    if (index < 0) return line;
    line += 1 + entries.slice(0, index).reduce((sum, [, v]) => sum + lines(v), 0);
    at = entries[index]?.[1];
  }
  return line;
}
