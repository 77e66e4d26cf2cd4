/** Conditions that stand inside of a rule: on its rows, on those chosen from, on the event of a window, on a figure's rows. */
import type { GroupNode, Json, RuleNode } from './tree';

export const WHERE = '/where';
const AMONG = '/take/among', SINCE = '/within/since/where';
const figures = ['/count/value/figure', '/measure/value/figure'];

/** Every place a rule may hold a condition at, in the order they are shown. */
export const STEPS: readonly string[] = ['', ...figures].flatMap((base) => [`${base}${SINCE}`, `${base}${AMONG}`, `${base}${WHERE}`]);

/** A rule as its rows are seen from a line inside of it; `outer` is the rule around it. */
export interface Inside extends RuleNode { outer?: Inside | null }

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const keysOf = (step: string): string[] => step.split('/').slice(1);

/** What stands at a step below a node. */
export const at = (node: Json, step: string): unknown => keysOf(step).reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), node);

/** The node with another value at a step; undefined takes it out. Parts on the way must be there. */
export function putAt(node: Json, step: string, value: unknown): Json {
  const [key = '', ...rest] = keysOf(step);
  if (rest.length > 0) {
    const below = node[key];
    return isObject(below) ? { ...node, [key]: putAt(below, `/${rest.join('/')}`, value) } : node;
  }
  if (value !== undefined) return { ...node, [key]: value };
  return Object.fromEntries(Object.entries(node).filter(([name]) => name !== key));
}

/** The part that a condition belongs to: the rule itself, its choice, its window's event, a figure. */
const holderOf = (step: string): string => step.slice(0, step.lastIndexOf('/'));

/** What holds conditions: rules over rows, and the windows and numbers of memberships. */
export const holds = (node: Json): boolean => node.kind === 'occurred' || node.kind === 'related' || node.kind === 'member';

/** The groups a rule holds, by their steps; those of parts that are gone are left out. */
export function innerOf(rule: RuleNode): (readonly [string, GroupNode])[] {
  const all: Readonly<Record<string, GroupNode>> = { ...rule.inner, ...(rule.where ? { [WHERE]: rule.where } : {}) };
  return STEPS.flatMap((step) => { const group = all[step]; return group && isObject(step === WHERE ? rule.node : at(rule.node, holderOf(step))) ? [[step, group] as const] : []; });
}

export const innerAt = (rule: RuleNode, step: string): GroupNode | null => innerOf(rule).find(([one]) => one === step)?.[1] ?? null;

/** The rule with another group at a step, or none. */
export function withInner(rule: RuleNode, step: string, group: GroupNode | null): RuleNode {
  if (step === WHERE) return { ...rule, where: group };
  const rest = Object.fromEntries(Object.entries(rule.inner ?? {}).filter(([one]) => one !== step));
  return { ...rule, inner: group ? { ...rest, [step]: group } : rest };
}

/** Without the groups of parts that are gone, so that they do not come back with the next one. */
export function pruned(rule: RuleNode): RuleNode {
  const kept = innerOf(rule).filter(([step]) => step !== WHERE);
  return kept.length === Object.keys(rule.inner ?? {}).length ? rule : { ...rule, inner: Object.fromEntries(kept) };
}

/** The rule after a change of each of its groups; the very same when none changes. */
export function mapInner(rule: RuleNode, change: (group: GroupNode) => GroupNode | null): RuleNode {
  return innerOf(rule).reduce((now, [step, group]) => { const next = change(group); return next === group ? now : withInner(now, step, next); }, rule);
}

/** The rows that a condition at a step speaks of, as a rule of their own; it keeps the id of the rule. */
export function seenFrom(rule: RuleNode, step: string, outer: Inside | null): Inside {
  const holder = step.endsWith(AMONG) ? step.slice(0, -AMONG.length) : holderOf(step);
  const source = holder === '' ? undefined : at(rule.node, holder);
  if (!isObject(source)) return { ...rule, outer };
  const node: Json = typeof source.event === 'string' ? { kind: 'occurred', event: source.event } : { kind: 'related', link: source.link };
  return { id: rule.id, kind: 'rule', node, negated: false, where: null, outer };
}
