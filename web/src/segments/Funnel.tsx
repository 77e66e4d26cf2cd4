import { Paper, Text } from '@mantine/core';
import { useMemo } from 'react';
import { countsOf, groupWords, nodeWords, type EditNode, type LiveCount, type Tree, type Words, type Written } from '@/conditions';
import { formatNumber } from '@/kit';
import css from './segments.module.css';

interface Step { id: string; name: string; left: number; cut: number; without: number | null; taking: boolean }

interface FunnelProps { live: LiveCount; written: Written; tree: Tree; words: Words; segments: ReadonlyMap<number, string>; lit: string | null; light: (id: string | null) => void }

const short = (text: string): string => (text.length > 64 ? `${text.slice(0, 62)}…` : text);

/** The rules in the order they stand, each with what is left after it. Only where they cut: all of, then Exclude. */
export function stepsOf({ live, written, tree, words, segments }: Omit<FunnelProps, 'lit' | 'light'>): Step[] {
  const counts = countsOf(written, live.data?.nodes), total = live.data?.total;
  if (total === null || total === undefined) return [];
  let left = total;
  const steps: Step[] = [];
  const add = (node: EditNode | Tree['include'], taking: boolean, name: string) => {
    const found = counts.get(node.id);
    if (!found) return;
    const next = taking ? left - found.left : found.left;
    steps.push({ id: node.id, name, left: next, cut: left - next, without: found.without ?? null, taking });
    left = next;
  };
  const name = (node: EditNode) => short(nodeWords(words, node, segments));
  if (tree.include.of.length > 0) {
    if (tree.include.mode === 'all') tree.include.of.forEach((node) => { add(node, false, name(node)); });
    else add(tree.include, false, groupWords(tree.include, 'Include'));
  }
  tree.exclude.of.forEach((node) => { add(node, true, name(node)); });
  return steps;
}

/** From everybody to those who are in: which rule cuts how many. */
export function Funnel(props: FunnelProps) {
  const { live, written, tree, words, segments, lit, light } = props;
  const steps = useMemo(() => stepsOf({ live, written, tree, words, segments }), [live, written, tree, words, segments]);
  const total = live.data?.total ?? 0;
  if (steps.length === 0 || total === 0) return null;
  const most = Math.max(...steps.map((s) => s.cut));
  const bar = (left: number) => <span className={css.bar} aria-hidden="true"><span style={{ width: `${(Math.max(0, left) / total) * 100}%` }} /></span>;
  return (
    <Paper className={css.rail ?? ''} component="section" aria-label="Which rule cuts how many">
      <Text c="dimmed">Which rule cuts how many</Text>
      <ol className={css.funnel} {...(live.stale ? { 'data-stale': true } : {})}>
        <li><span className={css.stepName}>Everybody</span><span className="fd-num">{formatNumber(total)}</span>{bar(total)}</li>
        {steps.map((step) => (
          <li key={step.id} {...(lit === step.id ? { 'data-lit': true } : {})} onMouseEnter={() => { light(step.id); }} onMouseLeave={() => { light(null); }} title={step.without === null ? undefined : `Without it: ${formatNumber(step.without)}`}>
            <span className={css.stepName}>{step.taking ? 'Exclude: ' : ''}{step.name}</span>
            <span className="fd-num">{formatNumber(step.left)}</span>
            {bar(step.left)}
            <span className={css.cut} {...(step.cut === most && most > 0 ? { 'data-most': true } : {})}>{step.cut > 0 ? `−${formatNumber(step.cut)}` : 'cuts nobody'}{step.cut === most && most > 0 && steps.length > 1 ? ', the most' : ''}</span>
          </li>
        ))}
      </ol>
    </Paper>
  );
}
