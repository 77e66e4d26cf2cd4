import { Select, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { Problem } from '@/api/problem';
import { AppForm, doneToast, Section, TagsField, useAppForm } from '@/kit';
import { pathWords, useCategories, type MarketField, type Product } from './model';
import { OwnFields, ownStored, ownTyped, wrongOwn, type OwnTyped } from './products/OwnFields';
import { amount, orNull, wrongPrice, wrongStock } from './products/values';

type Values = {
  external_id: string;
  name: string;
  brand: string;
  category: string | null;
  price: string;
  currency: string;
  url: string;
  image_url: string;
  description: string;
  old_price: string;
  floor: string;
  quantity: string;
  tags: string[];
  properties: OwnTyped;
};

const check = (v: Values) => ({
  external_id: v.external_id.trim() ? null : 'Enter the id that your shop uses for the product',
  name: v.name.trim() ? null : 'Enter a name for the product',
  price: wrongPrice(v.price),
  old_price: wrongPrice(v.old_price),
  floor: wrongPrice(v.floor),
  quantity: wrongStock(v.quantity),
  currency: !v.currency || /^[A-Z]{3}$/.test(v.currency) ? null : 'A currency is three capital letters, like EUR',
});

/** Sending a product whose id is known would change that one: somebody who adds a product did not mean that. */
async function refuseKnown(externalId: string) {
  const found = await ok(api.GET('/api/v1/market/products', { params: { query: { q: externalId, limit: 200 } } }));
  const known = found.items.find((one) => one.external_id === externalId && one.status !== 'stub');
  if (known) throw new Problem({ status: 409, title: 'The id is in use', errors: [{ pointer: '/external_id', message: `“${known.name || externalId}” has this id. Change that product, or enter another id` }] });
}

/** Adds a product, or changes one. */
export function ProductForm({ product, fields, onSaved, onCancel }: { product?: Product; fields: readonly MarketField[]; onSaved: (id: number | null) => void; onCancel: () => void }) {
  const categories = useCategories() ?? [];
  const f = useAppForm<Values>({
    initialValues: {
      external_id: product?.external_id ?? '', name: product?.name ?? '', brand: product?.brand ?? '', category: product?.category?.external_id ?? null,
      price: product?.price ?? '', currency: product?.currency ?? 'EUR', url: product?.url ?? '', image_url: product?.image_url ?? '', description: product?.description ?? '',
      old_price: product?.old_price ?? '', floor: product?.floor ?? '', quantity: product?.quantity ?? '', tags: product?.tags ?? [],
      properties: ownTyped(fields, product?.properties ?? Object.fromEntries(fields.map((f) => [f.key, f.default]))),
    },
    check: (v) => ({ ...check(v), ...wrongOwn(fields, v.properties) }),
  });
  const save = useAction({
    refresh: [['products']],
    run: async (v: Values, { headers }): Promise<number | null> => {
      const body = {
        name: v.name.trim(), brand: orNull(v.brand), category: v.category, price: amount(v.price), currency: orNull(v.currency), url: orNull(v.url), image_url: orNull(v.image_url), description: orNull(v.description),
        old_price: amount(v.old_price), floor: amount(v.floor), quantity: amount(v.quantity), tags: v.tags,
        ...(fields.length > 0 ? { properties: ownStored(fields, v.properties, product?.properties ?? {}) } : {}),
      };
      if (product) return (await ok(api.PATCH('/api/v1/market/products/{product_id}', { params: { path: { product_id: product.id } }, body, headers }))).id;
      await refuseKnown(v.external_id.trim());
      const reply = await ok(api.POST('/api/v1/market/products', { body: { items: [{ external_id: v.external_id.trim(), ...body }] }, headers }));
      const [item] = reply.items;
      if (item?.status === 'rejected') throw new Problem({ status: 422, title: 'The product was not saved', errors: item.errors ?? [] });
      return item?.id ?? null;
    },
  });
  return (
    <AppForm state={f} mode={product ? 'edit' : 'create'} saveLabel={product ? 'Save product' : 'Add product'} onCancel={onCancel}
      onSave={async (values) => { const id = await save.mutateAsync(values); doneToast(`${values.name} saved`); onSaved(id); }}>
      <Section title="Product">
        <TextInput label="Id in your shop" description="Orders name the product by it" required disabled={Boolean(product)} {...f.form.getInputProps('external_id')} />
        <TextInput label="Name" required {...f.form.getInputProps('name')} />
        <TextInput label="Brand" {...f.form.getInputProps('brand')} />
        <Select label="Category" clearable searchable limit={100} data={categories.map((c) => ({ value: c.external_id, label: pathWords(c.path, c.name) }))} {...f.form.getInputProps('category')} />
        <TextInput label="Price" inputMode="decimal" {...f.form.getInputProps('price')} />
        <TextInput label="Price before" description="Shown crossed out in shops" inputMode="decimal" {...f.form.getInputProps('old_price')} />
        <TextInput label="Lowest price" description="No discount goes below it" inputMode="decimal" {...f.form.getInputProps('floor')} />
        <TextInput label="Currency" maxLength={3} {...f.form.getInputProps('currency')} />
        <TextInput label="In stock" inputMode="decimal" {...f.form.getInputProps('quantity')} />
        <TagsField value={f.form.values.tags} known={[]} onChange={(tags) => { f.form.setFieldValue('tags', tags); }} />
        <TextInput label="Page in your shop" placeholder="https://" {...f.form.getInputProps('url')} />
        {!product && <TextInput label="Picture" description="More of them on its page" placeholder="https://" {...f.form.getInputProps('image_url')} />}
        <Textarea label="Description" autosize minRows={2} maxRows={10} {...f.form.getInputProps('description')} />
      </Section>
      {fields.length > 0 && <Section title="Own fields"><OwnFields fields={fields} input={(path) => f.form.getInputProps(path)} /></Section>}
    </AppForm>
  );
}
