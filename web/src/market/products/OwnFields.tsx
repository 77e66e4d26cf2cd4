import { Select, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { Details, Loaded, Section } from '@/kit';
import { shown, type MarketField, type ProductDetail } from '../model';
import { defaultOf } from '../settings/Fields';
import { Change } from './Shelf';

/** What is typed into own fields, by key: texts, and lists of them. */
export type OwnTyped = Record<string, string | string[]>;
type Stored = Readonly<Record<string, unknown>>;

const useFields = () => useQuery({ queryKey: ['market-fields'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/fields', { signal })), staleTime: 60_000 });
const usable = (all: readonly MarketField[], entity: MarketField['entity']) => all.filter((field) => field.entity === entity && field.archived_at === null);

/** Shows what needs to know the fields that were set up for products or SKUs. */
export function WithOwnFields({ entity, children }: { entity: MarketField['entity']; children: (fields: readonly MarketField[]) => ReactNode }) {
  const query = useFields();
  return <Loaded query={query} what="the fields of the market">{(found) => children(usable(found.items, entity))}</Loaded>;
}

/** Stored values as they are typed, by key. */
export function ownTyped(fields: readonly MarketField[], stored: Stored): OwnTyped {
  return Object.fromEntries(fields.map((f): [string, string | string[]] => {
    const value = stored[f.key];
    if (f.type === 'list') return [f.key, Array.isArray(value) ? value.map(String) : []];
    return [f.key, typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(shown(value) ?? '')];
  }));
}

/** A typed value as it is stored; null for none. */
function storedOf(field: MarketField, typed: string | string[] | undefined): unknown {
  if (Array.isArray(typed)) return typed.length > 0 ? typed : null;
  return defaultOf(field.type, typed ?? '');
}

/** Typed values as they are stored; what no field is there for stays as it is. */
export const ownStored = (fields: readonly MarketField[], typed: OwnTyped, stored: Stored) =>
  Object.fromEntries(Object.entries({ ...stored, ...Object.fromEntries(fields.map((f) => [f.key, storedOf(f, typed[f.key])])) }).filter(([, value]) => value !== null));

function wrong(field: MarketField, typed: string | string[] | undefined): string | null {
  const value = storedOf(field, typed);
  if (value === null) return field.required ? 'This is required' : null;
  if (field.type === 'int') return Number.isSafeInteger(value) ? null : 'This must be a whole number';
  return field.type === 'float' && !Number.isFinite(value) ? 'This must be a number' : null;
}

export const wrongOwn = (fields: readonly MarketField[], typed: OwnTyped): Record<string, string | null> => Object.fromEntries(fields.map((f) => [`properties.${f.key}`, wrong(f, typed[f.key])]));

/** An input for each field that was set up, as its type wants it. */
export function OwnFields({ fields, input }: { fields: readonly MarketField[]; input: (path: string) => object }) {
  return fields.map((f) => {
    const about = { label: f.label || f.key, required: f.required, ...input(`properties.${f.key}`) };
    if (f.type === 'bool') return <Select key={f.key} clearable={!f.required} data={[{ value: 'yes', label: 'Yes' }, { value: 'no', label: 'No' }]} {...about} />;
    if (f.type === 'list') return <TagsInput key={f.key} description="Type one, then Enter" splitChars={['\n']} clearable clearButtonProps={{ 'aria-label': `Remove all of ${f.label || f.key}` }} {...about} />;
    if (f.type === 'date') return <TextInput key={f.key} type="date" {...about} />;
    return <TextInput key={f.key} {...(f.type === 'int' ? { inputMode: 'numeric' as const } : f.type === 'float' ? { inputMode: 'decimal' as const } : {})} {...about} />;
  });
}

const told = (value: unknown) => (typeof value === 'boolean' ? (value ? 'Yes' : 'No') : shown(value));

/** What somebody's shop knows of a product beyond the built-in: the fields that were set up, and what came without one. */
export function OwnValues({ product, onEdit }: { product: ProductDetail; onEdit?: (() => void) | undefined }) {
  const query = useFields();
  if (query.isPending) return null;
  const fields = usable(query.data?.items ?? [], 'product');
  const others = Object.entries(product.properties).filter(([key]) => !fields.some((f) => f.key === key));
  if (fields.length + others.length === 0) return null;
  const items = [...fields.map((f) => [f.label || f.key, told(product.properties[f.key])] as const), ...others.map(([key, value]) => [key, told(value)] as const)];
  return (
    <Section title="Own fields" actions={onEdit && fields.length > 0 && <Change label="Edit the own fields" onClick={onEdit}>Edit</Change>}>
      <Details items={[...new Map(items)]} />
    </Section>
  );
}
