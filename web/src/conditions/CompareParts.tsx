import { carry, choiceAt, choices, patched } from './choices';
import css from './conditions.module.css';
import { useEditor } from './context';
import type { Inside } from './inner';
import { Pick } from './Pick';
import type { RuleNode } from './tree';
import { declared, fieldOf, text, type Words } from './vocabulary';
import { TakeBack } from './CommandMenu';
import { AsPick, OtherMenu, OtherValue } from './OtherValue';
import { otherKind, takesField, takesSource } from './otherValues';
import { placeOf } from './suggestions';
import { ValueInput } from './ValueInput';

/** `City is one of Oslo`: field, operator, value. */
export function CompareParts({ rule, inside, set }: { rule: RuleNode; inside: Inside | null; set: (change: (rule: RuleNode) => RuleNode, typing?: string) => void }) {
  const { words, databaseId } = useEditor();
  const field = fieldOf(words, rule, inside);
  if (!field) return <><span className={css.thing}>{text(rule.node.field) || 'A field'}</span><span className={css.hint}>is not known here; remove it or edit it as JSON</span></>;
  const found = choices(words, field.type, field.operators);
  const choice = choiceAt(found, text(rule.node.op), rule.negated, rule.node.value);
  const shape = choice?.shape ?? words.operator(text(rule.node.op))?.shape ?? 'one';
  const put = (value: unknown) => { set((r) => ({ ...r, node: patched(r.node, { value }) }), `${rule.id}.value`); };
  return (
    <>
      <span className={css.thing}>{field.label || field.name}</span>
      {!declared(words, field.name, inside) && <AsPick value={rule.node.as} onChange={(as) => { set((r) => ({ ...r, node: patched(r.node, { as, value: undefined, op: retyped(words, as, text(r.node.op)) }) })); }} />}
      {rule.negated && !choice && <span>not:</span>}
      <Pick label={`How ${field.label} compares`} value={choice?.key ?? text(rule.node.op)} options={found.map((c) => ({ value: c.key, label: c.label }))}
        onChange={(key) => {
          const next = found.find((c) => c.key === key);
          if (!next) return;
          const kept = otherKind(rule.node.value) === 'field' ? takesField(words, next.op) : otherKind(rule.node.value) !== undefined && takesSource(words, next.op);
          set((r) => ({ ...r, negated: next.negated, node: patched(r.node, { op: next.op, value: kept ? r.node.value : carry(otherKind(r.node.value) ? undefined : r.node.value, next, field.type) }) }));
        }} />
      {otherKind(rule.node.value) ? <OtherValue field={field} op={text(rule.node.op)} value={rule.node.value} inside={inside} onChange={put} /> : <ValueInput field={field} shape={shape} op={text(rule.node.op)} value={rule.node.value} databaseId={databaseId} place={placeOf(inside)} onChange={put} />}
      {rule.node.case === true && <><span className={css.hint}>upper and lower case count</span><TakeBack label="Take upper and lower case for the same" onClick={() => { set((r) => ({ ...r, node: patched(r.node, { case: undefined }) })); }} /></>}
    </>
  );
}

/** The operator that is kept under another type, else the first of that type. */
function retyped(words: Words, as: string | undefined, op: string): string {
  const fits = words.raw.operators.filter((o) => as === undefined || o.types.includes(as));
  return fits.some((o) => o.key === op) ? op : fits[0]?.key ?? op;
}

/** Types of texts: their case may count. */
const cased = new Set(['string', 'enum', 'tags']);

/** What else than a value a comparison may look at, in a menu at the end of the line. */
export function CompareMenu({ rule, inside, set }: { rule: RuleNode; inside: Inside | null; set: (change: (rule: RuleNode) => RuleNode) => void }) {
  const { words } = useEditor();
  const field = fieldOf(words, rule, inside), op = text(rule.node.op);
  if (!field) return null;
  const onCase = cased.has(field.type) && words.operator(op)?.shape !== 'none' ? () => { set((r) => ({ ...r, node: patched(r.node, { case: true }) })); } : undefined;
  return <OtherMenu field={field} op={op} value={rule.node.value} inside={inside} cased={rule.node.case === true} onCase={onCase} onChange={(value) => { set((r) => ({ ...r, node: patched(r.node, { value }) })); }} />;
}
