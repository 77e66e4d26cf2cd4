/** Changes of a tree. Every function returns a new tree, or the very same one when there is nothing to change. */
import { innerOf, mapInner, seenFrom, type Inside } from './inner';
import { group, newId, type EditNode, type GroupNode, type RuleNode, type Tree } from './tree';

export interface Place {
  parent: GroupNode;
  index: number;
  node: EditNode;
  /** the groups above, outermost first; the parent is the last */
  trail: GroupNode[];
  /** the rule that holds the node in one of its conditions, as its rows are seen there */
  inside: Inside | null;
}

function search(parent: GroupNode, id: string, trail: GroupNode[], inside: Inside | null): Place | null {
  const here = [...trail, parent];
  for (const [index, node] of parent.of.entries()) {
    if (node.id === id) return { parent, index, node, trail: here, inside };
    const below = node.kind === 'group' ? search(node, id, here, inside)
      : innerOf(node).reduce<Place | null>((found, [step, body]) => found ?? search(body, id, [], seenFrom(node, step, inside)), null);
    if (below) return below;
  }
  return null;
}

/** Where a node stands; null for the sections and the unknown. */
export const find = (tree: Tree, id: string): Place | null => search(tree.include, id, [], null) ?? search(tree.exclude, id, [], null);

export function findNode(tree: Tree, id: string): EditNode | null {
  const bodyOf = (node: EditNode): GroupNode | null => {
    const bodies = node.kind === 'group' ? [] : innerOf(node).map(([, body]) => body);
    const below = node.kind === 'group' ? node.of : bodies;
    return bodies.find((body) => body.id === id) ?? below.reduce<GroupNode | null>((found, child) => found ?? bodyOf(child), null);
  };
  if (tree.include.id === id) return tree.include;
  if (tree.exclude.id === id) return tree.exclude;
  return find(tree, id)?.node ?? bodyOf(tree.include) ?? bodyOf(tree.exclude);
}

type Change = (node: EditNode) => EditNode;

function mapNode(node: EditNode, id: string, change: Change): EditNode {
  if (node.id === id) return change(node);
  if (node.kind === 'group') return mapGroup(node, id, change);
  return mapInner(node, (body) => mapNode(body, id, change) as GroupNode);
}

function mapGroup(node: GroupNode, id: string, change: Change): GroupNode {
  const of = node.of.map((child) => mapNode(child, id, change));
  return of.some((child, i) => child !== node.of[i]) ? { ...node, of } : node;
}

export function update(tree: Tree, id: string, change: Change): Tree {
  const include = mapNode(tree.include, id, change) as GroupNode, exclude = mapNode(tree.exclude, id, change) as GroupNode;
  return include === tree.include && exclude === tree.exclude ? tree : { include, exclude };
}

const children = (tree: Tree, groupId: string, change: (of: EditNode[]) => EditNode[]): Tree =>
  update(tree, groupId, (node) => (node.kind === 'group' ? { ...node, of: change(node.of) } : node));

export const insert = (tree: Tree, groupId: string, index: number, nodes: readonly EditNode[]): Tree =>
  children(tree, groupId, (of) => [...of.slice(0, index), ...nodes, ...of.slice(index)]);

/** Takes nodes out; groups that lose their last child go with them, sections stay. */
export function remove(tree: Tree, id: string): Tree {
  const place = find(tree, id);
  if (!place) return tree;
  const above = place.trail.at(-2);
  if (place.parent.of.length === 1 && above) return remove(tree, place.parent.id);
  const next = children(tree, place.parent.id, (of) => of.filter((node) => node.id !== id));
  if (place.parent.of.length === 1 && place.inside) return update(next, place.inside.id, (node) => (node.kind === 'rule' ? mapInner(node, (body) => (body.id === place.parent.id ? null : body)) : node));
  return next;
}

/** Who has the focus after a node is gone: the next one, else the one before, else the group above. */
export function neighbour(tree: Tree, id: string): string | null {
  const place = find(tree, id);
  if (!place) return null;
  const beside = place.parent.of[place.index + 1] ?? place.parent.of[place.index - 1];
  return beside?.id ?? place.inside?.id ?? place.parent.id;
}

export function copyOf<N extends EditNode>(node: N): N {
  if (node.kind === 'group') return { ...node, id: newId(), of: node.of.map(copyOf) };
  return { ...mapInner(node, copyOf), id: newId() } as N;
}

export function duplicate(tree: Tree, id: string): { tree: Tree; id: string | null } {
  const place = find(tree, id);
  if (!place) return { tree, id: null };
  const twin = copyOf(place.node);
  return { tree: insert(tree, place.parent.id, place.index + 1, [twin]), id: twin.id };
}

function swap(tree: Tree, place: Place, by: -1 | 1): Tree {
  return children(tree, place.parent.id, (of) => {
    const next = [...of];
    next.splice(place.index, 1);
    next.splice(place.index + by, 0, place.node);
    return next;
  });
}

/** Up or down; at the edge of a group out of it, at the edge of a section into the other one. */
export function move(tree: Tree, id: string, by: -1 | 1): Tree {
  const place = find(tree, id);
  if (!place) return tree;
  const target = place.index + by;
  if (target >= 0 && target < place.parent.of.length) return swap(tree, place, by);
  if (place.trail.length > 1) return out(tree, id, by === 1);
  if (place.inside) return tree;
  const [section, other] = place.parent.id === tree.include.id ? ['include', tree.exclude] as const : ['exclude', tree.include] as const;
  if ((section === 'include') !== (by === 1)) return tree;
  const rest = children(tree, place.parent.id, (of) => of.filter((node) => node.id !== id));
  return insert(rest, other.id, by === 1 ? 0 : other.of.length, [place.node]);
}

/** Out of its group, to the place beside it. */
export function out(tree: Tree, id: string, after = true): Tree {
  const place = find(tree, id);
  const above = place?.trail.at(-2);
  if (!place || !above) return tree;
  const at = above.of.findIndex((node) => node.id === place.parent.id);
  const alone = place.parent.of.length === 1;
  return children(tree, above.id, (of) => of.flatMap((node, i) => {
    if (i !== at) return [node];
    const left: EditNode[] = alone ? [] : [{ ...place.parent, of: place.parent.of.filter((n) => n.id !== id) }];
    return after ? [...left, place.node] : [place.node, ...left];
  }));
}

/** Into the group next to it: the one before, else the one after. */
export function into(tree: Tree, id: string): Tree {
  const place = find(tree, id);
  if (!place) return tree;
  const before = place.parent.of[place.index - 1], after = place.parent.of[place.index + 1];
  const home = before?.kind === 'group' ? before : after?.kind === 'group' ? after : null;
  if (!home) return tree;
  const rest = children(tree, place.parent.id, (of) => of.filter((node) => node.id !== id));
  return insert(rest, home.id, home === before ? home.of.length : 0, [place.node]);
}

/** A rule becomes a group with the next one; the last one a group with the one before. */
export function groupWithNext(tree: Tree, id: string): { tree: Tree; id: string | null } {
  const place = find(tree, id);
  if (!place) return { tree, id: null };
  const start = place.index === place.parent.of.length - 1 && place.index > 0 ? place.index - 1 : place.index;
  const taken = place.parent.of.slice(start, start + 2);
  const made = group(place.parent.mode === 'any' ? 'all' : 'any', taken, false);
  return { tree: children(tree, place.parent.id, (of) => [...of.slice(0, start), made, ...of.slice(start + taken.length)]), id: made.id };
}

/** A group dissolves: its children take its place. Only where that leaves the meaning to the group above. */
export function ungroup(tree: Tree, id: string): Tree {
  const place = find(tree, id);
  if (place?.node.kind !== 'group') return tree;
  const { of: inner } = place.node;
  return children(tree, place.parent.id, (of) => of.flatMap((node) => (node.id === id ? inner : [node])));
}

/** From Include to Exclude and back. */
export function toOther(tree: Tree, id: string): Tree {
  const place = find(tree, id);
  if (!place || place.inside) return tree;
  const other = place.trail[0]?.id === tree.include.id ? tree.exclude : tree.include;
  const rest = remove(tree, id);
  return insert(rest, other.id, other.of.length, [place.node]);
}

/** Every rule in the order it stands, rules beneath rules included. */
export function rulesOf(node: EditNode): RuleNode[] {
  if (node.kind === 'group') return node.of.flatMap(rulesOf);
  return [node, ...innerOf(node).flatMap(([, body]) => rulesOf(body))];
}

export const allRules = (tree: Tree): RuleNode[] => [...rulesOf(tree.include), ...rulesOf(tree.exclude)];

export function depthOf(tree: Tree, id: string): number {
  return find(tree, id)?.trail.length ?? 0;
}
