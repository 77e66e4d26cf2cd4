/** A JSON value as rows that people can edit; each row has a number, so that it stays itself while names change. */
export type Kind = 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null';
export interface Node { id: number; name: string; kind: Kind; value: string; children: Node[] }

let ids = 0;
export const fresh = (kind: Kind = 'text', name = ''): Node => ({ id: ++ids, name, kind, value: kind === 'boolean' ? 'true' : kind === 'number' ? '0' : '', children: [] });

export function toNode(value: unknown, name = ''): Node {
  if (Array.isArray(value)) return { ...fresh('list', name), children: value.map((item: unknown) => toNode(item)) };
  if (typeof value === 'object' && value !== null) return { ...fresh('object', name), children: Object.entries(value).map(([key, item]) => toNode(item, key)) };
  if (value === null || value === undefined) return fresh('null', name);
  if (typeof value === 'number') return { ...fresh('number', name), value: String(value) };
  if (typeof value === 'boolean') return { ...fresh('boolean', name), value: String(value) };
  return { ...fresh('text', name), value: typeof value === 'string' ? value : '' };
}

export function toValue(node: Node): unknown {
  switch (node.kind) {
    case 'object': return Object.fromEntries(node.children.map((child) => [child.name, toValue(child)]));
    case 'list': return node.children.map(toValue);
    case 'number': return Number(node.value) || 0;
    case 'boolean': return node.value === 'true';
    case 'null': return null;
    default: return node.value;
  }
}

/** The tree with one row changed. */
export function changed(node: Node, id: number, change: (found: Node) => Node): Node {
  if (node.id === id) return change(node);
  return { ...node, children: node.children.map((child) => changed(child, id, change)) };
}

export const without = (node: Node, id: number): Node => ({ ...node, children: node.children.filter((child) => child.id !== id).map((child) => without(child, id)) });

/** Another kind for a row: what fits is kept. */
export function asKind(node: Node, kind: Kind): Node {
  const box = kind === 'object' || kind === 'list';
  const made = fresh(kind, node.name);
  const kept = kind === 'text' ? node.value : kind === 'number' && node.value.trim() !== '' && !Number.isNaN(Number(node.value)) ? node.value : made.value;
  return { ...made, id: node.id, value: box ? '' : kept, children: box ? node.children : [] };
}

/** Names that stand twice in one object: the later would replace the earlier. */
export function doubled(node: Node): string[] {
  const names = node.kind === 'object' ? node.children.map((child) => child.name) : [];
  const here = names.filter((name, n) => names.indexOf(name) !== n);
  return [...new Set([...here, ...node.children.flatMap(doubled)])];
}

export function parsed(text: string): { value: unknown; error: string | null } {
  try {
    return { value: text.trim() ? JSON.parse(text) as unknown : {}, error: null };
  } catch (error) {
    return { value: undefined, error: error instanceof Error ? error.message : 'This is no JSON' };
  }
}

export const written = (value: unknown): string => JSON.stringify(value, null, 2);
