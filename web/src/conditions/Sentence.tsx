import { Fragment, type ReactNode } from 'react';
import type { components } from '@/api/schema';
import css from './conditions.module.css';

type Span = components['schemas']['TextSpan'];

/** The sentence of a condition; pointing at a clause lights its rule, and back. Only the innermost parts are separate. */
export function Sentence({ text, spans, idAt, lit, light }: { text: string; spans: readonly Span[]; idAt: (path: string) => string | null; lit: string | null; light: (id: string | null) => void }) {
  const leaves = spans.filter((span) => span.end > span.start && !spans.some((other) => other !== span && other.start >= span.start && other.end <= span.end && other.end - other.start < span.end - span.start))
    .filter((span, i, all) => all.findIndex((other) => other.start === span.start) === i).sort((a, b) => a.start - b.start);
  const out: ReactNode[] = [];
  let at = 0;
  for (const span of leaves) {
    if (span.start < at) continue;
    const id = idAt(span.path);
    out.push(<Fragment key={`t${at}`}>{text.slice(at, span.start)}</Fragment>);
    out.push(<span key={`s${span.start}`} className={css.span} {...(id !== null && id === lit ? { 'data-lit': true } : {})} onMouseEnter={() => { light(id); }} onMouseLeave={() => { light(null); }}>{text.slice(span.start, span.end)}</span>);
    at = span.end;
  }
  out.push(<Fragment key="end">{text.slice(at)}</Fragment>);
  return <p className={css.sentence} style={{ margin: 0 }}>{out}</p>;
}
