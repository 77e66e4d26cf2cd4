import { carry, choiceAt, choices, patched } from './choices';
import css from './conditions.module.css';
import { useEditor } from './context';
import { Pick } from './Pick';
import type { RuleNode } from './tree';
import { fieldOf, text } from './vocabulary';
import { ValueInput } from './ValueInput';

/** `City is one of Oslo`: field, operator, value. */
export function CompareParts({ rule, inside, set }: { rule: RuleNode; inside: RuleNode | null; set: (change: (rule: RuleNode) => RuleNode, typing?: string) => void }) {
  const { words, databaseId } = useEditor();
  const field = fieldOf(words, rule, inside);
  if (!field) return <><span className={css.thing}>{text(rule.node.field) || 'A field'}</span><span className={css.hint}>is not known here; remove it or edit it as JSON</span></>;
  const found = choices(words, field.type, field.operators);
  const choice = choiceAt(found, text(rule.node.op), rule.negated, rule.node.value);
  const shape = choice?.shape ?? words.operator(text(rule.node.op))?.shape ?? 'one';
  return (
    <>
      <span className={css.thing}>{field.label || field.name}</span>
      {rule.negated && !choice && <span>not:</span>}
      <Pick label={`How ${field.label} compares`} value={choice?.key ?? text(rule.node.op)} options={found.map((c) => ({ value: c.key, label: c.label }))}
        onChange={(key) => {
          const next = found.find((c) => c.key === key);
          if (next) set((r) => ({ ...r, negated: next.negated, node: patched(r.node, { op: next.op, value: carry(r.node.value, next, field.type) }) }));
        }} />
      <ValueInput field={field} shape={shape} op={text(rule.node.op)} value={rule.node.value} databaseId={databaseId}
        onChange={(value) => { set((r) => ({ ...r, node: patched(r.node, { value }) }), `${rule.id}.value`); }} />
      {rule.node.case === true && <span className={css.hint}>upper and lower case count</span>}
    </>
  );
}
