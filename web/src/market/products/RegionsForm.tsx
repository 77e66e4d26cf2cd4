import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, useAppForm } from '@/kit';
import type { ProductDetail } from '../model';
import { OfferRows } from './OfferRows';
import { offersOf, offersSent, wrongOffers, type OfferValues } from './values';

/** Prices and stock of a product where they differ by region. */
export function RegionsForm({ product, onSaved }: { product: ProductDetail; onSaved: () => void }) {
  const f = useAppForm<{ regions: OfferValues[] }>({ initialValues: { regions: offersOf(product.regions) }, check: (v) => wrongOffers(v.regions) });
  const save = useAction({
    refresh: [['products']],
    run: (v: { regions: OfferValues[] }, { headers }) => ok(api.PATCH('/api/v1/market/products/{product_id}', { params: { path: { product_id: product.id } }, body: { regions: offersSent(v.regions) }, headers })),
  });
  return (
    <AppForm state={f} mode="edit" saveLabel="Save prices and stock" onSave={async (v) => { await save.mutateAsync(v); doneToast(`Prices and stock of ${product.name} saved`); onSaved(); }}>
      <Text size="sm" c="dimmed">What is empty is as everywhere. A SKU may have its own: edit the SKU.</Text>
      <OfferRows rows={f.form.values.regions} input={(path) => f.form.getInputProps(path)} onChange={(regions) => { f.form.setFieldValue('regions', regions); }} />
    </AppForm>
  );
}
