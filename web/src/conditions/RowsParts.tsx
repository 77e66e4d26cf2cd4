import { Menu } from '@mantine/core';
import { IconFilterPlus } from '@tabler/icons-react';
import { isNone, patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { useEditor } from './context';
import { CountPart, distinctFields, type SetRule } from './CountPart';
import { figureOf, freshFigure } from './FigureValue';
import { freshMeasure, MeasurePart } from './MeasurePart';
import { firstTake, TakePart } from './TakePart';
import type { RuleNode } from './tree';
import { rowsOf, text, type Field, type Rows } from './vocabulary';
import { WindowPart } from './WindowPart';
import { windowKind } from './windows';

/** Dates of a row, by which it can be looked at. */
const datesOf = (rows: Rows): Field[] => (rows.kind === 'link' ? rows.fields.filter((f) => (f.type === 'date' || f.type === 'datetime') && f.name.startsWith(`${rows.prefix}.`)) : []);

/** Rows that happened or are there: how many, when, which of them, and a figure over them. */
export function RowsParts({ rule, inside, set }: { rule: RuleNode; inside: RuleNode | null; set: SetRule }) {
  const { words } = useEditor();
  const rows = rowsOf(words, rule, inside);
  if (!rows) return null;
  const take = record(rule.node.take);
  return (
    <>
      <span className={css.thing}>{rows.label}</span>
      <CountPart rule={rule} rows={rows} set={set} />
      <WindowPart within={record(rule.node.within)} dates={datesOf(rows)} id={rule.id} put={(within, typing) => { set((r) => ({ ...r, node: patched(r.node, { within }) }), typing); }} />
      {take && <TakePart take={take} many={rows.many} id={rule.id} put={(next, typing) => { set((r) => ({ ...r, node: patched(r.node, { take: next }) }), typing); }} />}
      <MeasurePart rule={rule} rows={rows} set={set} />
    </>
  );
}

/** What can be added to rows, in one menu at the end of the line. */
export function RowsMenu({ rule, inside, set, onWhere }: { rule: RuleNode; inside: RuleNode | null; set: SetRule; onWhere: () => void }) {
  const { words } = useEditor();
  const rows = rowsOf(words, rule, inside);
  if (!rows) return null;
  const { node } = rule, count = record(node.count), none = isNone(rule), within = record(node.within);
  const patch = (by: (node: RuleNode['node']) => RuleNode['node']) => { set((r) => ({ ...r, node: by(r.node) })); };
  const measure = node.measure ? undefined : freshMeasure(words, rows);
  const distinct = distinctFields(words, rows)[0], dates = datesOf(rows);
  const items: (readonly [string, () => void])[] = [];
  if (!rule.where || rule.where.of.length === 0) items.push([`Only ${rows.many} where…`, onWhere]);
  if (measure && !none) items.push(['And the sum, average, first, last…', () => { patch((n) => ({ ...n, measure })); }]);
  if (!node.take) items.push([`Only the last or first few ${rows.many}…`, () => { patch(firstTake); }]);
  if (distinct && !text(count?.distinct) && !none) items.push(['Count different values of…', () => { patch((n) => patched(n, { count: { op: 'gte', value: 1, ...count, distinct: distinct.name.slice(distinct.name.indexOf('.') + 1) } })); }]);
  if (!none && !inside && !figureOf(count?.value) && !node.measure) items.push(['Compare the number with another figure…', () => { patch((n) => patched(n, { count: { ...count, op: count?.op === 'between' ? 'gt' : count?.op ?? 'gt', value: { figure: freshFigure(n) } } })); }]);
  const own = record(node.measure);
  if (own && !inside && !figureOf(own.value)) items.push(['Compare the figure with another…', () => { patch((n) => patched(n, { measure: { ...own, op: 'gt', value: { figure: freshFigure(n) } } })); }]);
  if (dates.length > 1 && windowKind(within) !== 'ever' && !text(within?.by)) items.push(['By another date of the row…', () => { patch((n) => patched(n, { within: { ...within, by: dates[1]?.name.slice(rows.prefix.length + 1) } })); }]);
  if (items.length === 0) return null;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target><button type="button" className={css.remove} aria-label={`Narrow or sum up ${rows.many}`}><IconFilterPlus size={16} aria-hidden="true" /></button></Menu.Target>
      <Menu.Dropdown>{items.map(([label, run]) => <Menu.Item key={label} onClick={run}>{label}</Menu.Item>)}</Menu.Dropdown>
    </Menu>
  );
}
