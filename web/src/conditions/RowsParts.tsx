import { Menu } from '@mantine/core';
import { IconFilterPlus } from '@tabler/icons-react';
import { isNone, patched, record } from './choices';
import css from './conditions.module.css';
import { useEditor } from './context';
import { Pick } from './Pick';
import type { Json, RuleNode } from './tree';
import { madeField, rowsOf, text, type Rows } from './vocabulary';
import { NumberBox, OneValue, SpanInput, ValueInput } from './ValueInput';

type Set = (change: (rule: RuleNode) => RuleNode, typing?: string) => void;
interface PartProps { rule: RuleNode; rows: Rows; set: Set }

const whole = (value: string): unknown => (/^\d{1,9}$/.test(value) ? Number(value) : value === '' ? undefined : value);

function CountPart({ rule, rows, set }: PartProps) {
  const { words } = useEditor();
  const count = record(rule.node.count), op = text(count?.op) || 'gte', value = count ? count.value ?? (('value' in count) ? undefined : 1) : 1;
  const none = isNone(rule), negated = rule.negated && !none;
  const label = (key: string) => words.operator(key)?.label.replace(/^(is|has) /, '') ?? key;
  const options = [...words.raw.counts.filter((key) => key !== 'ne').map((key) => ({ value: key, label: label(key) })), { value: 'none', label: rows.kind === 'event' ? 'did not happen' : 'none' }];
  const offered = op === 'ne' ? [{ value: 'ne', label: 'a number other than' }, ...options] : options;
  const put = (next: Json | undefined, typing?: string) => { set((r) => ({ ...r, negated: none ? false : r.negated, node: patched(r.node, { count: next }) }), typing); };
  const [low, high]: unknown[] = Array.isArray(value) ? value as unknown[] : [];
  return (
    <>
      {negated && <span className={css.hint}>not:</span>}
      <Pick label={`How many ${rows.many}`} value={none ? 'none' : op} options={offered}
        onChange={(key) => {
          if (key === 'none') put({ op: 'eq', value: 0 });
          else if (key === 'between') put({ op: key, value: [1, 10] });
          else put({ op: key, value: none || Array.isArray(value) ? 1 : value ?? 1 });
        }} />
      {!none && op !== 'between' && <NumberBox label={`Number of ${rows.many}`} whole value={value} onChange={(t) => { put({ ...count, op, value: whole(t) ?? null }, `${rule.id}.count`); }} />}
      {!none && op === 'between' && (
        <>
          <NumberBox label={`Least number of ${rows.many}`} whole value={low} onChange={(t) => { put({ ...count, op, value: [whole(t) ?? null, high ?? null] }, `${rule.id}.low`); }} />
          <span>and</span>
          <NumberBox label={`Greatest number of ${rows.many}`} whole value={high} onChange={(t) => { put({ ...count, op, value: [low ?? null, whole(t) ?? null] }, `${rule.id}.high`); }} />
        </>
      )}
      {!none && <span>{value === 1 ? 'time' : 'times'}</span>}
    </>
  );
}

const windows = [{ value: 'ever', label: 'ever' }, { value: 'last', label: 'in the last' }, { value: 'range', label: 'between' }, { value: 'from', label: 'since' }, { value: 'to', label: 'before' }];

function WindowPart({ rule, set }: PartProps) {
  const { words, databaseId } = useEditor();
  const within = record(rule.node.within);
  const kind = !within || Object.keys(within).every((key) => key === 'by') ? 'ever' : 'last' in within ? 'last' : 'from' in within && 'to' in within ? 'range' : 'from' in within ? 'from' : 'to';
  const keep = within && 'by' in within ? { by: within.by } : {};
  const put = (next: Json | undefined, typing?: string) => { set((r) => ({ ...r, node: patched(r.node, { within: next && { ...keep, ...next } }) }), typing); };
  const day = madeField('', 'day', 'datetime', words);
  const edge = (key: 'from' | 'to', label: string) => <OneValue field={day} databaseId={databaseId} label={label} value={within?.[key]} onChange={(v) => { put({ ...within, [key]: v ?? null }, `${rule.id}.${key}`); }} />;
  return (
    <>
      <Pick label="When" value={kind} options={windows}
        onChange={(next) => {
          if (next === 'ever') put(undefined);
          else if (next === 'last') put({ last: 'P30D' });
          else if (next === 'range') put({ from: within?.from ?? null, to: within?.to ?? null });
          else put({ [next]: within?.[next] ?? null });
        }} />
      {kind === 'last' && <SpanInput label="the last" value={within?.last} clock past onChange={(v) => { put({ last: v }, `${rule.id}.last`); }} />}
      {(kind === 'range' || kind === 'from') && edge('from', 'From this day')}
      {kind === 'range' && <span>and</span>}
      {(kind === 'range' || kind === 'to') && edge('to', 'Before this day')}
    </>
  );
}

/** `and the sum of Total is at least 100` */
function MeasurePart({ rule, rows, set }: PartProps) {
  const { words, databaseId } = useEditor();
  const measure = record(rule.node.measure);
  const info = words.raw.measures.find((m) => m.fn === measure?.fn);
  if (!measure) return null;
  const short = (name: string) => name.replace(`${rows.prefix}.`, '');
  const own = rows.fields.filter((f) => f.name.startsWith(`${rows.prefix}.`) && info?.types.includes(f.type));
  const field = rows.fields.find((f) => short(f.name) === short(text(measure.of))) ?? madeField(text(measure.of), text(measure.of), 'decimal', words);
  const result = info?.fn === 'sum' || info?.fn === 'avg' ? { ...field, type: 'decimal' } : field;
  const operators = (info?.operators[field.type] ?? []).map((key) => words.operator(key)).filter((o) => o !== undefined);
  const put = (next: Json, typing?: string) => { set((r) => ({ ...r, node: patched(r.node, { measure: patched(measure, next) }) }), typing); };
  return (
    <>
      <span>and</span>
      <Pick label="Figure" value={text(measure.fn)} options={words.raw.measures.map((m) => ({ value: m.fn, label: m.label }))}
        onChange={(fn) => {
          const types = words.raw.measures.find((m) => m.fn === fn)?.types ?? [];
          const fits = types.includes(field.type) ? {} : { of: short(rows.fields.find((f) => types.includes(f.type))?.name ?? ''), value: undefined };
          put({ fn, ...fits, op: 'gte' });
        }} />
      <Pick label="of" value={short(text(measure.of))} options={own.map((f) => ({ value: short(f.name), label: f.label.toLowerCase() }))} onChange={(of) => { put({ of }); }} />
      <Pick label="How the figure compares" value={text(measure.op)} options={operators.map((o) => ({ value: o.key, label: o.label }))}
        onChange={(op) => { put({ op, ...(words.operator(op)?.shape === words.operator(text(measure.op))?.shape ? {} : { value: undefined }) }); }} />
      <ValueInput field={result} shape={words.operator(text(measure.op))?.shape ?? 'one'} op={text(measure.op)} value={measure.value} databaseId={databaseId} onChange={(value) => { put({ value }, `${rule.id}.measure`); }} />
      <button type="button" className={css.small} aria-label="Remove the figure" onClick={() => { set((r) => ({ ...r, node: patched(r.node, { measure: undefined }) })); }}>✕</button>
    </>
  );
}

/** Rows that happened or are there: how many, when, and a figure over them. */
export function RowsParts({ rule, inside, set, onWhere }: { rule: RuleNode; inside: RuleNode | null; set: Set; onWhere: () => void }) {
  const { words } = useEditor();
  const rows = rowsOf(words, rule, inside);
  if (!rows) return null;
  const summed = rows.fields.find((f) => f.name.startsWith(`${rows.prefix}.`) && f.type === 'decimal') ?? rows.fields.find((f) => f.name.startsWith(`${rows.prefix}.`) && (f.type === 'integer' || f.type === 'float'));
  const canNarrow = !rule.where || rule.where.of.length === 0, canSum = !rule.node.measure && summed !== undefined && !isNone(rule);
  const addSum = () => { if (summed) set((r) => ({ ...r, node: { ...r.node, measure: { fn: 'sum', of: summed.name.replace(`${rows.prefix}.`, ''), op: 'gte' } } })); };
  return (
    <>
      <span className={css.thing}>{rows.label}</span>
      <CountPart rule={rule} rows={rows} set={set} />
      <WindowPart rule={rule} rows={rows} set={set} />
      <MeasurePart rule={rule} rows={rows} set={set} />
      {(canNarrow || canSum) && (
        <Menu position="bottom-start" shadow="md">
          <Menu.Target><button type="button" className={css.small} aria-label={`Narrow or sum up ${rows.many}`}><IconFilterPlus size={16} aria-hidden="true" /></button></Menu.Target>
          <Menu.Dropdown>
            {canNarrow && <Menu.Item onClick={onWhere}>Only {rows.many} where…</Menu.Item>}
            {canSum && <Menu.Item onClick={addSum}>And the sum or average…</Menu.Item>}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}
