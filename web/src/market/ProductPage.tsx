import { Text } from '@mantine/core';
import { IconReceipt2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, Details, failToast, Loaded, named, Num, Page, paths, Section, SideDrawer, StateBadge, Time, ToneBadge, undoToast, useDrawer, useIdParam } from '@/kit';
import { pathWords, type ProductDetail, type Sku } from './model';
import { ProductForm } from './ProductForm';
import { OwnValues, WithOwnFields } from './products/OwnFields';
import { PicturesForm } from './products/PicturesForm';
import { RegionsForm } from './products/RegionsForm';
import { RelationsForm } from './products/RelationsForm';
import { Change, Pictures, Price, Regions, Relations, tagsOf, Variants } from './products/Shelf';
import { SkuForm } from './products/SkuForm';

const yesNo = (value: boolean | null) => (value === null ? null : value ? 'Yes' : 'No');

const NEW = 'new';

function Facts({ product, onPictures }: { product: ProductDetail; onPictures?: (() => void) | undefined }) {
  return (
    <Section title="Product" actions={onPictures && <Change label="Edit the pictures" onClick={onPictures}>Pictures…</Change>}>
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

/** The drawers of the page: a SKU, prices by region, what goes with it, pictures. */
function Editors({ product }: { product: ProductDetail | undefined }) {
  const sku = useDrawer('sku'), regions = useDrawer('regions'), relations = useDrawer('relations'), pictures = useDrawer('pictures');
  return (
    <>
      <SideDrawer name="sku" right={sku.value === NEW ? 'market:create' : 'market:update'} title={sku.value === NEW ? 'Add a SKU' : 'Edit the SKU'}>
        {(value) => {
          const found = product?.variants.find((one) => String(one.id) === value);
          if (!product) return null;
          if (value !== NEW && !found) return <Text>This SKU is no longer in the catalogue.</Text>;
          return <WithOwnFields entity="sku">{(fields) => <SkuForm key={value} product={product} sku={found} fields={fields} onSaved={sku.close} onCancel={sku.close} />}</WithOwnFields>;
        }}
      </SideDrawer>
      <SideDrawer name="regions" right="market:update" title="Prices and stock by region">{() => (product ? <RegionsForm product={product} onSaved={regions.close} /> : null)}</SideDrawer>
      <SideDrawer name="relations" right="market:update" title="What goes with it">{() => (product ? <RelationsForm product={product} onSaved={relations.close} /> : null)}</SideDrawer>
      <SideDrawer name="pictures" right="market:update" title="Pictures">{() => (product ? <PicturesForm product={product} onSaved={pictures.close} /> : null)}</SideDrawer>
    </>
  );
}

/** One product of the catalogue, with its SKUs, prices, stock and what goes with it. */
export function ProductPage() {
  const id = useIdParam('productId');
  const drawer = useDrawer('edit');
  const sku = useDrawer('sku'), regions = useDrawer('regions'), relations = useDrawer('relations'), pictures = useDrawer('pictures');
  const canCreate = useCan('market:create'), canUpdate = useCan('market:update'), canDelete = useCan('market:delete');
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
  const back = useAction({
    refresh: [['products']],
    run: (one: Sku, { headers }) => ok(api.PATCH('/api/v1/market/skus/{sku_id}', { params: { path: { sku_id: one.id } }, body: { status: 'active' }, headers })),
  });
  const archiveSku = (one: Sku) => {
    void confirmConsequence({ title: `Archive ${one.name}?`, body: 'It leaves the catalogue with its prices and stock. Orders keep naming it, and an import that brings it puts it back.', action: 'Archive SKU', keep: 'Leave it' })
      .then((yes) => { if (yes) shelve.mutate(one, { onSuccess: () => { undoToast(`${one.name} archived`, () => back.mutateAsync(one)); }, onError: failToast }); });
  };
  const opens = (can: boolean, drawer: { open: (value?: string | number) => void }) => (can ? () => { drawer.open(id); } : undefined);
  return (
    <Page title={named(query, (found) => found.name, 'Product')} crumbs={[{ label: 'Products', href: paths.products() }]}
      badges={product && (product.status === 'stub' ? <ToneBadge tone="marigold" icon={IconReceipt2}>From orders only</ToneBadge> : <StateBadge state={product.status === 'active' ? 'active' : 'archived'} label={product.status === 'active' ? 'In the catalogue' : 'Archived'} />)}
      facts={product ? [product.external_id, product.brand, product.category?.name] : []}
      primary={product && canUpdate ? { label: 'Edit', shortcut: 'E', onClick: () => { drawer.open('product'); } } : undefined}
      menu={product && canDelete && product.status !== 'archived' ? [{ label: 'Archive', danger: true, onClick: archive }] : []}>
      <Loaded query={query} what="the product">
        {(found) => (
          <>
            <Facts product={found} onPictures={opens(canUpdate, pictures)} />
            <OwnValues product={found} onEdit={canUpdate ? () => { drawer.open('product'); } : undefined} />
            <Variants product={found} onAdd={canCreate ? () => { sku.open(NEW); } : undefined} onEdit={canUpdate ? (one) => { sku.open(one.id); } : undefined} onArchive={canDelete ? archiveSku : undefined} />
            <Regions product={found} onEdit={opens(canUpdate, regions)} />
            <Relations product={found} onEdit={opens(canUpdate, relations)} />
          </>
        )}
      </Loaded>
      <SideDrawer name="edit" right="market:update" title="Edit product">{() => (product ? <WithOwnFields entity="product">{(fields) => <ProductForm product={product} fields={fields} onSaved={drawer.close} onCancel={drawer.close} />}</WithOwnFields> : null)}</SideDrawer>
      <Editors product={product} />
    </Page>
  );
}
