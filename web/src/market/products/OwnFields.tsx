import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { shown, type MarketField } from '../model';
import { defaultOf } from '../settings/Fields';

const hints: Partial<Record<MarketField['type'], string>> = { list: 'Texts with commas between them', date: 'A day, like 2026-11-30' };

/** The fields that were set up for products or SKUs; nothing while they are on the way. */
export function useOwnFields(entity: MarketField['entity']): readonly MarketField[] | undefined {
  const query = useQuery({ queryKey: ['market-fields'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/fields', { signal })), staleTime: 60_000 });
  return query.data?.items.filter((field) => field.entity === entity && field.archived_at === null);
}

/** Stored values as they are typed, by key. */
export function ownTexts(fields: readonly MarketField[], properties: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(fields.map((f) => [f.key, typeof properties[f.key] === 'boolean' ? (properties[f.key] ? 'yes' : 'no') : String(shown(properties[f.key]) ?? '')]));
}

/** Typed values as they are stored; what no field is there for stays as it is. */
export const ownValues = (fields: readonly MarketField[], texts: Readonly<Record<string, string>>, properties: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries({ ...properties, ...Object.fromEntries(fields.map((f) => [f.key, defaultOf(f.type, texts[f.key] ?? '')])) }).filter(([, value]) => value !== null));

export const wrongOwn = (fields: readonly MarketField[], texts: Readonly<Record<string, string>>): Record<string, string | null> =>
  Object.fromEntries(fields.map((f) => [`properties.${f.key}`, f.required && !texts[f.key]?.trim() ? 'This is required' : (f.type === 'int' || f.type === 'float') && Number.isNaN(defaultOf(f.type, texts[f.key] ?? '')) ? 'This must be a number' : null]));

/** An input for each field that was set up. */
export function OwnFields({ fields, input }: { fields: readonly MarketField[]; input: (path: string) => object }) {
  return fields.map((f) => {
    const about = { label: f.label || f.key, description: hints[f.type], required: f.required, ...input(`properties.${f.key}`) };
    return f.type === 'bool' ? <Select key={f.key} clearable={!f.required} data={[{ value: 'yes', label: 'Yes' }, { value: 'no', label: 'No' }]} {...about} /> : <TextInput key={f.key} {...about} />;
  });
}
