import { IconFilterPlus } from '@tabler/icons-react';
import { patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { CommandMenu, TakeBack } from './CommandMenu';
import { useEditor } from './context';
import type { SetRule } from './CountPart';
import { FigureValue, figureOf } from './FigureValue';
import { belongsTo, membershipKey, membershipOf } from './memberships';
import { sinceCommand, type Command } from './narrow';
import { Pick } from './Pick';
import type { RuleNode } from './tree';
import { text } from './vocabulary';
import { NumberBox } from './ValueInput';
import { WindowPart } from './WindowPart';

const states = [
  { value: 'now', label: 'is in', not: 'is not in' }, { value: 'ever', label: 'was ever in', not: 'was never in' }, { value: 'left', label: 'has left', not: 'has not left' },
] as const;

interface MemberProps { rule: RuleNode; set: SetRule; onAdd: (step: string) => void }

/** `is in the segment Lapsed good customers`, `entered it at least 2 times in the last 90 days`. */
export function MemberParts({ rule, set, onAdd }: MemberProps) {
  const { words, segments } = useEditor();
  const of = record(rule.node.of), key = membershipKey(of), kind = membershipOf(words, segments, rule.node);
  if (!kind) return <><span className={css.thing}>Membership</span><span className={css.hint}>of {Object.keys(of ?? {}).join(', ').replaceAll('_', ' ')}, which is not offered here</span></>;
  const state = text(rule.node.state) || 'now', within = record(rule.node.within), id = of?.[key];
  const counted = state !== 'now' || rule.node.count !== undefined;
  const asked = states.filter((s) => s.value === 'now' || kind.history || s.value === state);
  const patch = (values: Record<string, unknown>, typing?: string) => { set((r) => ({ ...r, node: patched(r.node, values) }), typing); };
  const choose = (value: string) => {
    const [next, not] = value.split('.');
    set((r) => ({ ...r, negated: not === 'not', node: patched(r.node, { state: next === 'now' ? undefined : next }) }));
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
      {counted && <EntriesPart rule={rule} set={set} onAdd={onAdd} />}
      {(counted || within !== undefined) && <WindowPart within={within} id={rule.id} put={(next, typing) => { patch({ within: next }, typing); }} />}
    </>
  );
}

/** `at least 2 times`, of entering or of leaving. */
function EntriesPart({ rule, set, onAdd }: MemberProps) {
  const { words } = useEditor();
  const count = record(rule.node.count), op = text(count?.op) || 'gte', figure = figureOf(count?.value);
  const put = (next: Record<string, unknown> | undefined, typing?: string) => { set((r) => ({ ...r, node: patched(r.node, { count: next }) }), typing); };
  if (!count) return <button type="button" className={css.small} onClick={() => { put({ op: 'gte', value: 2 }); }}>how often…</button>;
  const number = (typed: string) => (/^\d{1,9}$/.test(typed) ? Number(typed) : null);
  const [low, high]: unknown[] = Array.isArray(count.value) ? count.value as unknown[] : [];
  const offered = words.raw.counts.filter((key) => !figure || words.raw.rows.figures.includes(key));
  return (
    <>
      <Pick label="How many times" value={op} options={offered.map((key) => ({ value: key, label: key === 'ne' ? 'a number other than' : words.operator(key)?.label.replace(/^(is|has) /, '') ?? key }))}
        onChange={(next) => { put({ ...count, op: next, value: next === 'between' ? [1, 10] : Array.isArray(count.value) ? 1 : count.value ?? 1 }); }} />
      {figure ? <FigureValue figure={figure} rule={rule} step="/count/value/figure" of={words.raw.subject} counted onAdd={onAdd} onChange={(value, typing) => { put({ ...count, op, value: value ?? 1 }, typing); }} />
        : op === 'between' ? (
          <>
            <NumberBox label="Least number of times" whole value={low} onChange={(t) => { put({ ...count, value: [number(t), high ?? null] }, `${rule.id}.low`); }} />
            <span>and</span>
            <NumberBox label="Greatest number of times" whole value={high} onChange={(t) => { put({ ...count, value: [low ?? null, number(t)] }, `${rule.id}.high`); }} />
          </>
        ) : <NumberBox label="Number of times" whole value={count.value} onChange={(t) => { put({ ...count, op, value: number(t) }, `${rule.id}.count`); }} />}
      {!figure && <span>{count.value === 1 ? 'time' : 'times'}</span>}
      <TakeBack label="Once is enough" onClick={() => { put(undefined); }} />
    </>
  );
}

/** What can be added to a membership: how often, when, and of which events. */
export function MemberMenu({ rule, set, onAdd }: MemberProps) {
  const { words, segments } = useEditor();
  const kind = membershipOf(words, segments, rule.node);
  const count = record(rule.node.count);
  const patch = (values: Record<string, unknown>) => { set((r) => ({ ...r, node: patched(r.node, values) })); };
  const items: Command[] = [];
  if (kind?.history && !count) items.push(['How often it was entered…', () => { patch({ count: { op: 'gte', value: 2 } }); }]);
  if (kind?.history && !rule.node.within && !count && (text(rule.node.state) || 'now') === 'now') items.push(['Entered in a time…', () => { patch({ within: { last: 'P30D' } }); }]);
  if (count && !figureOf(count.value)) items.push(['Compare the number with a figure…', () => { patch({ count: { op: 'gte', ...count, ...(count.op === 'between' ? { op: 'gt' } : {}), value: { figure: { event: words.raw.rows.since[0] } } } }); }]);
  return <CommandMenu label="Narrow the membership" icon={<IconFilterPlus size={16} aria-hidden="true" />} items={[...items, ...sinceCommand({ words, rule, base: '', node: rule.node, add: onAdd })]} />;
}
