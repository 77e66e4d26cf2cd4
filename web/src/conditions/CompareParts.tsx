import { carry, choiceAt, choices, patched } from './choices';
import css from './conditions.module.css';
import { useEditor } from './context';
import { Pick } from './Pick';
import type { RuleNode } from './tree';
import { fieldOf, text } from './vocabulary';
import { OtherMenu, OtherValue } from './OtherValue';
import { otherKind, takesField, takesSource } from './otherValues';
import { placeOf } from './suggestions';
import { ValueInput } from './ValueInput';

/** `City is one of Oslo`: field, operator, value. */
export function CompareParts({ rule, inside, set }: { rule: RuleNode; inside: RuleNode | null; set: (change: (rule: RuleNode) => RuleNode, typing?: string) => void }) {
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
      {rule.negated && !choice && <span>not:</span>}
      <Pick label={`How ${field.label} compares`} value={choice?.key ?? text(rule.node.op)} options={found.map((c) => ({ value: c.key, label: c.label }))}
        onChange={(key) => {
          const next = found.find((c) => c.key === key);
          if (!next) return;
          const kept = otherKind(rule.node.value) === 'field' ? takesField(words, next.op) : otherKind(rule.node.value) !== undefined && takesSource(words, next.op);
          set((r) => ({ ...r, negated: next.negated, node: patched(r.node, { op: next.op, value: kept ? r.node.value : carry(otherKind(r.node.value) ? undefined : r.node.value, next, field.type) }) }));
        }} />
      {otherKind(rule.node.value) ? <OtherValue field={field} op={text(rule.node.op)} value={rule.node.value} inside={inside} onChange={put} /> : <ValueInput field={field} shape={shape} op={text(rule.node.op)} value={rule.node.value} databaseId={databaseId} place={placeOf(inside)} onChange={put} />}
      {rule.node.case === true && <span className={css.hint}>upper and lower case count</span>}
    </>
  );
}

/** What else than a value a comparison may look at, in a menu at the end of the line. */
export function CompareMenu({ rule, inside, set }: { rule: RuleNode; inside: RuleNode | null; set: (change: (rule: RuleNode) => RuleNode) => void }) {
  const { words } = useEditor();
  const field = fieldOf(words, rule, inside), op = text(rule.node.op);
  if (!field || otherKind(rule.node.value)) return null;
  return <OtherMenu field={field} op={op} value={rule.node.value} inside={inside} onChange={(value) => { set((r) => ({ ...r, node: patched(r.node, { value }) })); }} />;
}
