/** The tree an editor works on, and its two ways: from a condition's JSON and back. Nothing of the JSON is lost. */

import { at, holds, innerOf, putAt, seenFrom, STEPS, WHERE, withInner, type Inside } from './inner';

export type Json = Record<string, unknown>;

/** all of, any of, none of, not all of */
export type Mode = 'all' | 'any' | 'none' | 'some_missing';

export interface GroupNode {
  id: string;
  kind: 'group';
  mode: Mode;
  of: EditNode[];
  /** with exactly one child the group itself is not written: the child stands for it */
  bare: boolean;
}

/** One rule: a leaf of the condition as it was sent. `where` of rows is a tree of its own. */
export interface RuleNode {
  id: string;
  kind: 'rule';
  node: Json;
  negated: boolean;
  where: GroupNode | null;
  /** the other conditions it holds, by where they stand below the node (`/take/among`) */
  inner?: Readonly<Record<string, GroupNode>>;
}

export type EditNode = GroupNode | RuleNode;

/** The two sections. Stored as `all[include, not(any[exclude])]`; without exclusions the include part alone. */
export interface Tree {
  include: GroupNode;
  exclude: GroupNode;
}

let last = 0;
export const newId = (): string => `n${Date.now().toString(36)}${(last++).toString(36)}`;

export const group = (mode: Mode, of: EditNode[] = [], bare = true): GroupNode => ({ id: newId(), kind: 'group', mode, of, bare });
export const rule = (node: Json, where: GroupNode | null = null): RuleNode => ({ id: newId(), kind: 'rule', node, negated: false, where });
export const emptyTree = (): Tree => ({ include: group('all'), exclude: group('any', [], false) });

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (node: Json): boolean => (node.kind === 'all' || node.kind === 'any') && Array.isArray(node.of) && node.of.length > 0 && node.of.every(isObject) && Object.keys(node).length === 2;
const isNot = (node: Json): boolean => node.kind === 'not' && isObject(node.of) && Object.keys(node).length === 2;
const listOf = (node: Json): Json[] => node.of as Json[];

function readRule(node: Json): RuleNode {
  if (!holds(node)) return rule(node);
  return STEPS.reduce((read, step) => {
    const found = step === WHERE && node.kind === 'member' ? undefined : at(node, step);
    return isObject(found) ? { ...withInner(read, step, readGroup(found, 'all')), node: putAt(read.node, step, undefined) } : read;
  }, rule(node));
}

/** One node of a condition as a node of the editor. */
export function readNode(node: Json): EditNode {
  if (isList(node)) return group(node.kind as Mode, listOf(node).map(readNode), false);
  if (!isNot(node)) return readRule(node);
  const inner = node.of as Json;
  if (isList(inner)) return group(inner.kind === 'any' ? 'none' : 'some_missing', listOf(inner).map(readNode), false);
  if (isNot(inner)) return group('none', [readNode(inner)], true);
  return { ...readRule(inner), negated: true };
}

/** A node that has to be a group: anything else becomes the one child of a group that is not written. */
function readGroup(node: Json, mode: Mode): GroupNode {
  const read = readNode(node);
  return read.kind === 'group' && !(read.mode === 'none' || read.mode === 'some_missing') ? read : group(mode, [read]);
}

const isAlways = (node: Json): boolean => node.kind === 'always' && Object.keys(node).length === 1;
const readInclude = (node: Json): GroupNode => (isAlways(node) ? group('all') : readGroup(node, 'all'));

export function readTree(condition: Json | null | undefined): Tree {
  if (!condition) return emptyTree();
  if (condition.kind === 'all' && isList(condition)) {
    const [first, second, ...more] = listOf(condition);
    const taken = second && isNot(second) ? second.of as Json : undefined;
    if (first && taken && more.length === 0 && taken.kind === 'any' && isList(taken)) {
      return { include: readInclude(first), exclude: group('any', listOf(taken).map(readNode), false) };
    }
  }
  return { include: readInclude(condition), exclude: group('any', [], false) };
}

export interface Written {
  condition: Json;
  /** where each node stands in the JSON, by its id */
  paths: Map<string, string>;
  /** rules and groups that were left out because something is missing in them */
  skipped: string[];
}

/** Tells whether a rule has all it needs; groups without a finished rule are left out too. */
export type Finished = (rule: RuleNode, inside: Inside | null) => boolean;

class Writer {
  paths = new Map<string, string>();
  skipped: string[] = [];
  constructor(private readonly finished: Finished) {}

  /** The JSON of a node as it will stand at `path`; undefined when nothing of it is finished. */
  node(node: EditNode, path: string, inside: Inside | null): Json | undefined {
    return node.kind === 'group' ? this.group(node, path, inside) : this.rule(node, path, inside);
  }

  rule(node: RuleNode, path: string, inside: Inside | null): Json | undefined {
    if (!whole(node, this.finished, inside)) {
      this.skipped.push(node.id);
      return undefined;
    }
    this.paths.set(node.id, path);
    const below = node.negated ? `${path}/of` : path;
    const written = innerOf(node).reduce((json, [step, group]) => {
      const found = this.group(group, `${below}${step}`, seenFrom(node, step, inside));
      return found === undefined ? json : putAt(json, step, found);
    }, node.node);
    return node.negated ? { kind: 'not', of: written } : written;
  }

  group(node: GroupNode, path: string, inside: Inside | null): Json | undefined {
    const not = node.mode === 'none' || node.mode === 'some_missing';
    const kept = node.of.filter((child) => hasFinished(child, this.finished, inside));
    node.of.filter((child) => !kept.includes(child)).forEach((child) => { this.skip(child); });
    const [only] = kept;
    if (!only) return undefined;
    this.paths.set(node.id, path);
    const inner = not ? `${path}/of` : path;
    const bare = node.bare && node.of.length === 1;
    const of = bare ? [this.node(only, inner, inside)] : kept.map((child, i) => this.node(child, `${inner}/of/${i}`, inside));
    const list = bare ? of[0] as Json : { kind: node.mode === 'any' || node.mode === 'none' ? 'any' : 'all', of };
    return not ? { kind: 'not', of: list } : list;
  }

  skip(node: EditNode): void {
    if (node.kind === 'rule') this.skipped.push(node.id);
    else node.of.forEach((child) => { this.skip(child); });
  }
}

/** A rule and all the lines beneath it are finished. */
function whole(node: RuleNode, finished: Finished, inside: Inside | null): boolean {
  const every = (child: EditNode, within: Inside): boolean => (child.kind === 'rule' ? whole(child, finished, within) : child.of.every((one) => every(one, within)));
  return finished(node, inside) && innerOf(node).every(([step, group]) => { const within = seenFrom(node, step, inside); return group.of.every((child) => every(child, within)); });
}

function hasFinished(node: EditNode, finished: Finished, inside: Inside | null): boolean {
  return node.kind === 'rule' ? whole(node, finished, inside) : node.of.some((child) => hasFinished(child, finished, inside));
}

export const always: Json = { kind: 'always' };

/** The condition of a tree, with what is unfinished left out and named. */
export function writeTree(tree: Tree, finished: Finished = () => true): Written {
  const writer = new Writer(finished);
  const taking = tree.exclude.of.some((child) => hasFinished(child, finished, null));
  const include = writer.group(tree.include, taking ? '/of/0' : '', null) ?? always;
  if (!taking) {
    tree.exclude.of.forEach((child) => { writer.skip(child); });
    return { condition: include, paths: writer.paths, skipped: writer.skipped };
  }
  const exclude = writer.group({ ...tree.exclude, mode: 'none', bare: false }, '/of/1', null);
  return { condition: { kind: 'all', of: [include, exclude] }, paths: writer.paths, skipped: writer.skipped };
}

/** Nodes as JSON for the clipboard, and back; null when the text is no condition. A kind that is not known yet is kept. */
export function writeNodes(nodes: readonly EditNode[]): string {
  const writer = new Writer(() => true);
  const written = nodes.map((node) => writer.node(node, '', null)).filter((node) => node !== undefined);
  return JSON.stringify(written.length === 1 ? written[0] : written, null, 2);
}

export function readNodes(text: string): EditNode[] | null {
  try {
    const found: unknown = JSON.parse(text);
    const list = (Array.isArray(found) ? found : [found]).filter((node): node is Json => isObject(node) && typeof node.kind === 'string');
    return list.length > 0 && list.length === (Array.isArray(found) ? found.length : 1) ? list.map(readNode) : null;
  } catch {
    return null; // whatever else lies in the clipboard is no rule
  }
}
