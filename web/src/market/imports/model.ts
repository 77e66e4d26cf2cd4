import type { components } from '@/api/schema';

export type MarketImport = components['schemas']['MarketImport'];
export type ImportKind = MarketImport['kind'];
export type ImportField = components['schemas']['ImportField'];
export type Mapping = Record<string, string | null>;

export const kinds: readonly { value: ImportKind; label: string }[] = [{ value: 'products', label: 'Products' }, { value: 'skus', label: 'SKUs' }, { value: 'orders', label: 'Orders' }];
export const kindWord = (kind: ImportKind) => kinds.find((k) => k.value === kind)?.label ?? kind;
export const isOpen = (found: MarketImport) => found.state === 'uploaded' || found.state === 'failed' || found.state === 'cancelled';
export const stateOf = (found: MarketImport) => (found.state === 'uploaded' ? 'draft' : found.state);

/** What stands in the way of a run: fields without a column, and two columns for one field. */
export function faults(kind: ImportKind, fields: readonly ImportField[], mapping: Mapping): string[] {
  const chosen = Object.values(mapping).filter((field) => field !== null);
  const label = (name: string) => fields.find((f) => f.name === name)?.label ?? name;
  const missing = fields.filter((f) => f.required && !chosen.includes(f.name)).map((f) => `Choose the column that is ${f.label}`);
  if (kind === 'orders' && !chosen.includes('line.product') && !chosen.includes('line.sku')) missing.push('Choose the column that is the product or SKU of the line');
  const twice = [...new Set(chosen.filter((name, n) => chosen.indexOf(name) !== n))].map((name) => `Two columns are ${label(name)}`);
  return [...missing, ...twice];
}
