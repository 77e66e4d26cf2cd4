import { Text } from '@mantine/core';
import { IconReceipt2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { Details, doneToast, failToast, Loaded, named, Num, Page, paths, Section, SideDrawer, StateBadge, Time, ToneBadge, undoToast, useDrawer, useIdParam } from '@/kit';
import { pathWords, shown, type ProductDetail, type Sku } from './model';
import { ProductForm } from './ProductForm';
import { Pictures, Price, Regions, Relations, tagsOf, Variants } from './products/Shelf';

const yesNo = (value: boolean | null) => (value === null ? null : value ? 'Yes' : 'No');

function Facts({ product }: { product: ProductDetail }) {
  return (
    <Section title="Product">
      <Pictures product={product} />
      <Details items={[
        ['Id in your shop', product.external_id],
        ['Brand', product.brand],
        ['Category', product.category && pathWords(product.category.path, product.category.name)],
        ['Price', <Price key="p" price={product.price} before={product.old_price} currency={product.currency} />],
        ['Lowest price', product.floor === null ? null : <Price key="f" price={product.floor} currency={product.currency} />],
        ['In stock', product.quantity === null ? yesNo(product.available) : <Num key="q" value={product.quantity} />],
        ['Can be delivered', yesNo(product.delivery)],
        ['Warranty', yesNo(product.warranty)],
        ['Expires on', product.expires_on],
        ['Tags', tagsOf(product.tags)],
        ['Page', product.url && <a key="u" href={product.url} rel="noreferrer noopener" target="_blank">{product.url}</a>],
        ['Added', <Time key="c" value={product.created_at} mode="absolute" />],
        ['Changed', <Time key="m" value={product.updated_at} mode="absolute" />],
      ]} />
      {product.description && <Text>{product.description}</Text>}
    </Section>
  );
}

/** One product of the catalogue, with its SKUs, prices, stock and what goes with it. */
export function ProductPage() {
  const id = useIdParam('productId');
  const drawer = useDrawer('edit');
  const canUpdate = useCan('market:update'), canDelete = useCan('market:delete');
  const query = useQuery({ queryKey: ['products', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/products/{product_id}', { params: { path: { product_id: id } }, signal })) });
  const product = query.data;
  const set = useAction({
    refresh: [['products']],
    run: (status: 'active' | 'archived', { headers }) => ok(api.PATCH('/api/v1/market/products/{product_id}', { params: { path: { product_id: id } }, body: { status }, headers })),
  });
  const shelve = useAction({
    refresh: [['products']],
    run: (sku: Sku, { headers }) => ok(api.DELETE('/api/v1/market/skus/{sku_id}', { params: { path: { sku_id: sku.id } }, headers })),
  });
  const archive = () => {
    set.mutate('archived', { onSuccess: () => { undoToast(`${product?.name ?? 'Product'} archived`, () => set.mutateAsync('active')); }, onError: failToast });
  };
  const archiveSku = (sku: Sku) => { shelve.mutate(sku, { onSuccess: () => { doneToast(`${sku.name} archived; sending it again brings it back`); }, onError: failToast }); };
  return (
    <Page title={named(query, (found) => found.name, 'Product')} crumbs={[{ label: 'Products', href: paths.products() }]}
      badges={product && (product.status === 'stub' ? <ToneBadge tone="marigold" icon={IconReceipt2}>From orders only</ToneBadge> : <StateBadge state={product.status === 'active' ? 'active' : 'archived'} label={product.status === 'active' ? 'In the catalogue' : 'Archived'} />)}
      facts={product ? [product.external_id, product.brand, product.category?.name] : []}
      primary={product && canUpdate ? { label: 'Edit', shortcut: 'E', onClick: () => { drawer.open('product'); } } : undefined}
      menu={product && canDelete && product.status !== 'archived' ? [{ label: 'Archive', danger: true, onClick: archive }] : []}>
      <Loaded query={query} what="the product">
        {(found) => (
          <>
            <Facts product={found} />
            <Variants product={found} onArchive={canDelete ? archiveSku : undefined} />
            <Regions product={found} />
            <Relations product={found} />
            {Object.keys(found.properties).length > 0 && <Section title="Own properties"><Details items={Object.entries(found.properties).map(([key, value]) => [key, shown(value)] as const)} /></Section>}
          </>
        )}
      </Loaded>
      <SideDrawer name="edit" right="market:update" title="Edit product">{() => (product ? <ProductForm product={product} onSaved={drawer.close} onCancel={drawer.close} /> : null)}</SideDrawer>
    </Page>
  );
}
