import { patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { useEditor } from './context';
import type { SetRule } from './CountPart';
import { belongsTo, membershipKey, membershipsOf } from './memberships';
import { Pick } from './Pick';
import type { RuleNode } from './tree';
import { text } from './vocabulary';
import { NumberBox } from './ValueInput';
import { WindowPart } from './WindowPart';

const states = [
  { value: 'now', label: 'is in', not: 'is not in' }, { value: 'ever', label: 'was ever in', not: 'was never in' }, { value: 'left', label: 'has left', not: 'has not left' },
] as const;

/** `is in the segment Lapsed good customers`, `entered it at least 2 times in the last 90 days`. */
export function MemberParts({ rule, set }: { rule: RuleNode; set: SetRule }) {
  const { words, segments } = useEditor();
  const kinds = membershipsOf(words, segments);
  const of = record(rule.node.of), key = membershipKey(of), kind = kinds.find((k) => k.key === key);
  if (!kind) return <><span className={css.thing}>Membership</span><span className={css.hint}>of {Object.keys(of ?? {}).join(', ').replaceAll('_', ' ')}, which is not offered here</span></>;
  const state = text(rule.node.state) || 'now', count = record(rule.node.count), id = of?.[key];
  const asked = states.filter((s) => s.value === 'now' || kind.history || s.value === state);
  const patch = (values: Record<string, unknown>, typing?: string) => { set((r) => ({ ...r, node: patched(r.node, values) }), typing); };
  const choose = (value: string) => {
    const [next, not] = value.split('.');
    set((r) => ({ ...r, negated: not === 'not', node: patched(r.node, { state: next === 'now' ? undefined : next, ...(next === 'now' ? { count: undefined, within: undefined } : {}) }) }));
  };
  return (
    <>
      <span className={css.thing}>{kind.label}</span>
      <Pick label={`In or not in the ${kind.label.toLowerCase()}`} value={`${state}.${rule.negated ? 'not' : 'yes'}`} onChange={choose}
        options={asked.flatMap((s) => [{ value: `${s.value}.yes`, label: s.label }, { value: `${s.value}.not`, label: s.not }])} />
      {kind.groups.length > 0 && (
        <Pick label="Which group" value={text(of?.group) || 'any'} options={[...new Set(['any', ...kind.groups])].map((g) => ({ value: g, label: g === 'any' ? 'any group of' : `the ${g} group of` }))}
          onChange={(g) => { patch({ of: belongsTo(kind, typeof id === 'number' ? id : null, g) }); }} />
      )}
      {kind.names !== null && (
        <Pick label={kind.label} value={typeof id === 'number' ? String(id) : ''} options={[...kind.names].map(([value, label]) => ({ value: String(value), label }))}
          onChange={(value) => { patch({ of: belongsTo(kind, Number(value), text(of?.group)) }); }} />
      )}
      {state !== 'now' && (
        <>
          {count ? (
            <>
              <Pick label="How many times" value={text(count.op) || 'gte'} options={words.raw.counts.filter((c) => c !== 'between' && c !== 'ne').map((c) => ({ value: c, label: words.operator(c)?.label.replace(/^(is|has) /, '') ?? c }))} onChange={(op) => { patch({ count: { ...count, op } }); }} />
              <NumberBox label="Number of times" whole value={count.value} onChange={(t) => { patch({ count: { op: 'gte', ...count, value: /^\d{1,9}$/.test(t) ? Number(t) : null } }, `${rule.id}.count`); }} />
              <span>{count.value === 1 ? 'time' : 'times'}</span>
              <button type="button" className={css.small} aria-label="Once is enough" onClick={() => { patch({ count: undefined }); }}>✕</button>
            </>
          ) : <button type="button" className={css.small} onClick={() => { patch({ count: { op: 'gte', value: 2 } }); }}>how often…</button>}
          <WindowPart within={record(rule.node.within)} id={rule.id} put={(within, typing) => { patch({ within }, typing); }} />
        </>
      )}
    </>
  );
}
