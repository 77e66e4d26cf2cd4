import { patched } from './choices';
import { record } from './record';
import { TakeBack } from './CommandMenu';
import { useEditor } from './context';
import type { SetRule } from './CountPart';
import { FigureValue, figureOf } from './FigureValue';
import { shortOf } from './narrow';
import { Pick } from './Pick';
import { PropertyPick } from './PropertyPick';
import { placeOf } from './suggestions';
import type { Json, RuleNode } from './tree';
import { madeField, text, type Field, type Rows, type Words } from './vocabulary';
import { ValueInput } from './ValueInput';

/** What a figure over a field is: an amount, a number, or another value of the field. */
export function resultOf(words: Words, fn: string, field: Field): Field {
  const type = words.raw.measures.find((m) => m.fn === fn)?.results[field.type] ?? field.type;
  if (fn === 'gap_avg') return { ...field, type, options: [], unit: 'days' };
  return type === field.type && fn !== 'count_distinct' ? field : { ...field, type, options: [], unit: fn === 'count_distinct' ? '' : field.unit };
}

const own = (rows: Rows, types: readonly string[]): Field[] => rows.fields.filter((f) => f.name.startsWith(`${rows.prefix}.`) && types.includes(f.type));

/** A first figure for rows: the sum of money, else of a number, else what the rows have. */
export function freshMeasure(words: Words, rows: Rows): Json | undefined {
  const [sum] = words.raw.measures;
  const field = sum && (own(rows, ['decimal'])[0] ?? own(rows, sum.types)[0]);
  if (sum && field) return { fn: sum.fn, of: field.name.slice(rows.prefix.length + 1), op: 'gte' };
  if (sum && rows.open) return { fn: sum.fn, of: '', op: 'gte' };
  const other = words.raw.measures.find((m) => own(rows, m.types).length > 0);
  return other && { fn: other.fn, of: own(rows, other.types)[0]?.name.slice(rows.prefix.length + 1), op: other.operators[own(rows, other.types)[0]?.type ?? '']?.[0] ?? 'gte' };
}

/** `and the sum of Total is at least 100`, also compared with another figure. */
export function MeasurePart({ rule, rows, set, onAdd }: { rule: RuleNode; rows: Rows; set: SetRule; onAdd: (step: string) => void }) {
  const { words, databaseId } = useEditor();
  const measure = record(rule.node.measure);
  if (!measure) return null;
  const fn = text(measure.fn), info = words.raw.measures.find((m) => m.fn === fn);
  const short = (name: string) => shortOf(rows, name);
  const field = rows.fields.find((f) => f.name.startsWith(`${rows.prefix}.`) && short(f.name) === short(text(measure.of))) ?? madeField(text(measure.of), text(measure.of), 'float', words);
  const figure = figureOf(measure.value);
  const operators = (info?.operators[field.type] ?? []).filter((key) => !figure || words.raw.rows.figures.includes(key)).map((key) => words.operator(key)).filter((o) => o !== undefined);
  const put = (next: Json, typing?: string) => { set((r) => ({ ...r, node: patched(r.node, { measure: patched(measure, next) }) }), typing); };
  const shape = words.operator(text(measure.op))?.shape ?? 'one';
  return (
    <>
      <span>and</span>
      <Pick label="Figure" value={fn} options={words.raw.measures.map((m) => ({ value: m.fn, label: m.label }))}
        onChange={(next) => {
          const to = words.raw.measures.find((m) => m.fn === next);
          const kept = to?.types.includes(field.type) ? field : own(rows, to?.types ?? [])[0];
          const fits = kept && (to?.operators[kept.type] ?? []).includes(text(measure.op));
          const same = kept && resultOf(words, next, kept).type === resultOf(words, fn, field).type;
          put({ fn: next, of: short(kept?.name ?? ''), op: fits ? measure.op : to?.operators[kept?.type ?? '']?.includes('gte') ? 'gte' : to?.operators[kept?.type ?? '']?.[0] ?? 'gte', ...(same && fits ? {} : { value: undefined }) });
        }} />
      <PropertyPick label="of" rows={rows} types={info?.types ?? []} open={fn !== 'count_distinct'} value={text(measure.of)} onChange={(of, typing) => { put({ of }, typing ? `${rule.id}.of` : undefined); }} />
      <Pick label="How the figure compares" value={text(measure.op)} options={operators.map((o) => ({ value: o.key, label: o.label }))}
        onChange={(op) => { put({ op, ...(words.operator(op)?.shape === shape ? {} : { value: undefined }) }); }} />
      {figure
        ? <FigureValue figure={figure} rule={rule} step="/measure/value/figure" of={rows.of} onAdd={onAdd} onChange={(value, typing) => { put({ value }, typing); }} />
        : <ValueInput field={resultOf(words, fn, field)} shape={shape} op={text(measure.op)} value={measure.value} databaseId={databaseId} place={placeOf(rule)} onChange={(value) => { put({ value }, `${rule.id}.measure`); }} />}
      <TakeBack label="Remove the figure" onClick={() => { set((r) => ({ ...r, node: patched(r.node, { measure: undefined }) })); }} />
    </>
  );
}
