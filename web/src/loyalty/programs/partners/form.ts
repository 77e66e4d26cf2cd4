import type { Partner } from '../model';

type Products = Partner['products'];

/** The brands that a selector names, when it is nothing but those; null for any other condition. */
export function brandsOf(products: Products): string[] | null {
  if (products === null) return [];
  const { kind, field, op, value } = products;
  if (kind !== 'compare' || field !== 'product.brand') return null;
  if (op === 'in' && Array.isArray(value) && value.every((v) => typeof v === 'string')) return value;
  return op === 'eq' && typeof value === 'string' ? [value] : null;
}

export const ofBrands = (brands: readonly string[]) => (brands.length === 0 ? null : { kind: 'compare', field: 'product.brand', op: 'in', value: [...brands] });

export function productWords(products: Products): string {
  const brands = brandsOf(products);
  if (brands === null) return 'by a condition';
  return brands.length === 0 ? 'all products' : brands.join(', ');
}
