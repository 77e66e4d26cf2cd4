import { patched, record } from './choices';
import css from './conditions.module.css';
import { useEditor } from './context';
import { Pick } from './Pick';
import type { RuleNode } from './tree';

/** `is in the segment Lapsed good customers` */
export function MemberParts({ rule, set }: { rule: RuleNode; set: (change: (rule: RuleNode) => RuleNode) => void }) {
  const { segments } = useEditor();
  const of = record(rule.node.of), id = of?.segment;
  if (of && Object.keys(of).length > 0 && !('segment' in of)) return <><span className={css.thing}>Membership</span><span className={css.hint}>of {Object.keys(of).join(', ').replaceAll('_', ' ')}; edit it as JSON</span></>;
  return (
    <>
      <span className={css.thing}>Segment</span>
      <Pick label="In or not in the segment" value={rule.negated ? 'out' : 'in'} options={[{ value: 'in', label: 'is in' }, { value: 'out', label: 'is not in' }]} onChange={(v) => { set((r) => ({ ...r, negated: v === 'out' })); }} />
      <Pick label="Segment" value={typeof id === 'number' ? String(id) : ''} options={[...segments].map(([value, label]) => ({ value: String(value), label }))}
        onChange={(value) => { set((r) => ({ ...r, node: patched(r.node, { of: { segment: Number(value) } }) })); }} />
    </>
  );
}
