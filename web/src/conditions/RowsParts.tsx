import { IconFilterPlus } from '@tabler/icons-react';
import { isNone, patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { CommandMenu } from './CommandMenu';
import { useEditor } from './context';
import { CountPart, distinctFields, type SetRule } from './CountPart';
import { figureOf, freshFigure } from './FigureValue';
import type { Inside } from './inner';
import { freshMeasure, MeasurePart } from './MeasurePart';
import { datesOf, narrowing, shortOf, type Command } from './narrow';
import { TakePart } from './TakePart';
import type { RuleNode } from './tree';
import { rowsOf, text } from './vocabulary';
import { WindowPart } from './WindowPart';

interface RowsProps { rule: RuleNode; inside: Inside | null; set: SetRule; onAdd: (step: string) => void }

/** Rows that happened or are there: how many, when, which of them, and a figure over them. */
export function RowsParts({ rule, inside, set, onAdd }: RowsProps) {
  const { words } = useEditor();
  const rows = rowsOf(words, rule, inside);
  if (!rows) return null;
  const take = record(rule.node.take);
  return (
    <>
      <span className={css.thing}>{rows.label}</span>
      <CountPart rule={rule} rows={rows} set={set} onAdd={onAdd} />
      <WindowPart within={record(rule.node.within)} dates={datesOf(rows)} id={rule.id} put={(within, typing) => { set((r) => ({ ...r, node: patched(r.node, { within }) }), typing); }} />
      {take && <TakePart take={take} rows={rows} id={rule.id} put={(next, typing) => { set((r) => ({ ...r, node: patched(r.node, { take: next }) }), typing); }} />}
      <MeasurePart rule={rule} rows={rows} set={set} onAdd={onAdd} />
    </>
  );
}

/** What can be added to rows, in one menu at the end of the line. */
export function RowsMenu({ rule, inside, set, onAdd }: RowsProps) {
  const { words } = useEditor();
  const rows = rowsOf(words, rule, inside);
  if (!rows) return null;
  const { node } = rule, count = record(node.count), none = isNone(rule), own = record(node.measure);
  const put = (next: RuleNode['node']) => { set((r) => ({ ...r, node: next })); };
  const measure = own ? undefined : freshMeasure(words, rows);
  const distinct = distinctFields(words, rows)[0];
  const items: Command[] = narrowing({ words, rule, base: '', node, rows, put, add: onAdd });
  if (measure && !none) items.push(['And the sum, average, first, last…', () => { put({ ...node, measure }); }]);
  if (distinct && !text(count?.distinct) && !none) items.push(['Count different values of…', () => { put(patched(node, { count: { op: 'gte', value: 1, ...count, distinct: shortOf(rows, distinct.name) } })); }]);
  if (!none && !figureOf(count?.value) && !own) items.push(['Compare the number with another figure…', () => { put(patched(node, { count: { ...count, op: count?.op === 'between' ? 'gt' : count?.op ?? 'gt', value: { figure: freshFigure(node) } } })); }]);
  if (own && !figureOf(own.value)) items.push(['Compare the figure with another…', () => { put(patched(node, { measure: { ...own, op: 'gt', value: { figure: freshFigure(node) } } })); }]);
  return <CommandMenu label={`Narrow or sum up ${rows.many}`} icon={<IconFilterPlus size={16} aria-hidden="true" />} items={items} />;
}
