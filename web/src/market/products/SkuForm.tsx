import { Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { Problem } from '@/api/problem';
import { AppForm, doneToast, Section, useAppForm } from '@/kit';
import type { MarketField, ProductDetail, Sku } from '../model';
import { OfferRows } from './OfferRows';
import { OwnFields, ownStored, ownTyped, wrongOwn, type OwnTyped } from './OwnFields';
import { amount, offersOf, offersSent, orNull, wrongAddress, wrongOffers, wrongPrice, wrongStock, type OfferValues } from './values';

type Values = { external_id: string; name: string; price: string; old_price: string; floor: string; quantity: string; url: string; description: string; properties: OwnTyped; regions: OfferValues[] };

/** Sending a SKU whose id is known would change that one, or move it here: somebody who adds one did not mean that. */
async function refuseKnown(externalId: string) {
  for (const status of [undefined, 'archived'] as const) {
    const found = await ok(api.GET('/api/v1/market/skus', { params: { query: { q: externalId, limit: 200, ...(status ? { status } : {}) } } }));
    const known = found.items.find((one) => one.external_id === externalId && one.status !== 'stub');
    if (known) throw new Problem({ status: 409, title: 'The id is in use', errors: [{ pointer: '/external_id', message: `“${known.name}” has this id${status ? ' and is archived' : ''}. Enter another one` }] });
  }
}

/** Adds a variant to a product, or changes one; what is empty the SKU has from its product. */
export function SkuForm({ product, sku, fields, onSaved, onCancel }: { product: ProductDetail; sku?: Sku | undefined; fields: readonly MarketField[]; onSaved: () => void; onCancel: () => void }) {
  const f = useAppForm<Values>({
    initialValues: {
      external_id: sku?.external_id ?? '', name: sku?.name ?? '', price: sku?.price ?? '', old_price: sku?.old_price ?? '', floor: sku?.floor ?? '', quantity: sku?.quantity ?? '',
      url: sku?.url ?? '', description: sku?.description ?? '', properties: ownTyped(fields, sku?.properties ?? {}), regions: offersOf(sku?.regions ?? []),
    },
    check: (v) => ({
      external_id: v.external_id.trim() ? null : 'Enter the id that your shop uses for the SKU',
      name: v.name.trim() ? null : 'Enter a name for the SKU',
      price: wrongPrice(v.price), old_price: wrongPrice(v.old_price), floor: wrongPrice(v.floor), quantity: wrongStock(v.quantity), url: wrongAddress(v.url),
      ...wrongOwn(fields, v.properties), ...wrongOffers(v.regions),
    }),
  });
  const save = useAction({
    refresh: [['products']],
    run: async (v: Values, { headers }) => {
      const body = {
        name: v.name.trim(), price: amount(v.price), old_price: amount(v.old_price), floor: amount(v.floor), quantity: amount(v.quantity), url: orNull(v.url), description: orNull(v.description),
        properties: ownStored(fields, v.properties, sku?.properties ?? {}), regions: offersSent(v.regions),
      };
      if (sku) { await ok(api.PATCH('/api/v1/market/skus/{sku_id}', { params: { path: { sku_id: sku.id } }, body, headers })); return; }
      await refuseKnown(v.external_id.trim());
      const reply = await ok(api.POST('/api/v1/market/skus', { body: { items: [{ external_id: v.external_id.trim(), product: product.external_id, ...body }] }, headers }));
      const [item] = reply.items;
      if (item?.status === 'rejected') throw new Problem({ status: 422, title: 'The SKU was not saved', errors: item.errors ?? [] });
    },
  });
  const from = (value: string | null) => (value === null ? {} : { placeholder: `${value}, from the product` });
  const input = (path: string) => f.form.getInputProps(path) as object;
  return (
    <AppForm state={f} mode={sku ? 'edit' : 'create'} saveLabel={sku ? 'Save SKU' : 'Add SKU'} onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); doneToast(`${v.name} saved`); onSaved(); }}>
      <Section title="SKU" text="What is empty it has from the product.">
        <TextInput label="Id in your shop" description="Orders name the SKU by it" required disabled={Boolean(sku)} {...input('external_id')} />
        <TextInput label="Name" required {...input('name')} />
        <TextInput label={`Price${product.currency ? `, ${product.currency}` : ''}`} inputMode="decimal" {...from(product.price)} {...input('price')} />
        <TextInput label="Price before" inputMode="decimal" {...from(product.old_price)} {...input('old_price')} />
        <TextInput label="Lowest price" description="No discount goes below it" inputMode="decimal" {...from(product.floor)} {...input('floor')} />
        <TextInput label="In stock" inputMode="decimal" {...input('quantity')} />
        <TextInput label="Page in your shop" placeholder="https://" {...input('url')} />
        <Textarea label="Description" autosize minRows={2} maxRows={8} {...input('description')} />
        <OwnFields fields={fields} input={input} />
      </Section>
      <Section title="By region" text="Where price or stock is another one.">
        <OfferRows rows={f.form.values.regions} input={input} onChange={(regions) => { f.form.setFieldValue('regions', regions); }} />
      </Section>
    </AppForm>
  );
}
