import { isNone, patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { TakeBack } from './CommandMenu';
import { useEditor } from './context';
import { FigureValue, figureOf } from './FigureValue';
import { shortOf } from './narrow';
import { Pick } from './Pick';
import type { Json, RuleNode } from './tree';
import { text, type Rows, type Words } from './vocabulary';
import { NumberBox } from './ValueInput';

export type SetRule = (change: (rule: RuleNode) => RuleNode, typing?: string) => void;

const whole = (value: string): unknown => (/^\d{1,9}$/.test(value) ? Number(value) : value === '' ? undefined : value);

/** What of the rows may be told apart: orders, brands, mailings. */
export const distinctFields = (words: Words, rows: Rows) => rows.fields.filter((f) => f.name.startsWith(`${rows.prefix}.`) && words.raw.rows.distinct.includes(f.type));

/** `at least 3 times`, `did not happen`, `at least 2 different products`. */
export function CountPart({ rule, rows, set, onAdd }: { rule: RuleNode; rows: Rows; set: SetRule; onAdd: (step: string) => void }) {
  const { words } = useEditor();
  const count = record(rule.node.count), op = text(count?.op) || 'gte', value = count ? count.value ?? (('value' in count) ? undefined : 1) : 1;
  const none = isNone(rule), negated = rule.negated && !none, distinct = text(count?.distinct), figure = figureOf(value);
  const label = (key: string) => words.operator(key)?.label.replace(/^(is|has) /, '') ?? key;
  const options = [...words.raw.counts.filter((key) => !(figure && !words.raw.rows.figures.includes(key))).map((key) => ({ value: key, label: key === 'ne' ? 'a number other than' : label(key) })), { value: 'none', label: rows.kind === 'event' ? 'did not happen' : 'none' }];
  const any = !count && rule.node.measure !== undefined && !none;
  const offered = any ? [{ value: 'any', label: 'any' }, ...options] : options;
  const put = (next: Json | undefined, typing?: string) => { set((r) => ({ ...r, negated: none ? false : r.negated, node: patched(r.node, { count: next }) }), typing); };
  const more = distinct ? { distinct } : {};
  const [low, high]: unknown[] = Array.isArray(value) ? value as unknown[] : [];
  return (
    <>
      {negated && <span className={css.hint}>not:</span>}
      <Pick label={`How many ${rows.many}`} value={any ? 'any' : none ? 'none' : op} options={offered}
        onChange={(key) => {
          if (key === 'any') return;
          if (key === 'none') put({ op: 'eq', value: 0 });
          else if (key === 'between') put({ op: key, value: [1, 10], ...more });
          else put({ op: key, value: none || Array.isArray(value) ? 1 : value ?? 1, ...more });
        }} />
      {!none && figure && <FigureValue figure={figure} rule={rule} step="/count/value/figure" of={rows.of} counted onAdd={onAdd} onChange={(next, typing) => { put({ ...count, op, value: next ?? 1 }, typing); }} />}
      {!none && !any && !figure && op !== 'between' && <NumberBox label={`Number of ${rows.many}`} whole value={value} onChange={(t) => { put({ ...count, op, value: whole(t) ?? null }, `${rule.id}.count`); }} />}
      {!none && !figure && op === 'between' && (
        <>
          <NumberBox label={`Least number of ${rows.many}`} whole value={low} onChange={(t) => { put({ ...count, op, value: [whole(t) ?? null, high ?? null] }, `${rule.id}.low`); }} />
          <span>and</span>
          <NumberBox label={`Greatest number of ${rows.many}`} whole value={high} onChange={(t) => { put({ ...count, op, value: [low ?? null, whole(t) ?? null] }, `${rule.id}.high`); }} />
        </>
      )}
      {!none && !any && !distinct && !figure && <span>{value === 1 ? 'time' : 'times'}</span>}
      {!none && distinct && (
        <>
          <span>different</span>
          <Pick label="What is counted once" value={shortOf(rows, distinct)} options={distinctFields(words, rows).map((f) => ({ value: shortOf(rows, f.name), label: f.label.toLowerCase() }))} onChange={(next) => { put({ ...count, op, value, distinct: next }); }} />
          <TakeBack label={`Count all ${rows.many}`} onClick={() => { put({ op, value }); }} />
        </>
      )}
    </>
  );
}
