import { Image, Text } from '@mantine/core';
import { IconReceipt2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { Details, failToast, Loaded, MoneyText, named, Page, paths, Section, SideDrawer, StateBadge, Time, ToneBadge, undoToast, useDrawer, useIdParam } from '@/kit';
import { pathWords, type Product } from './model';
import { ProductForm } from './ProductForm';

const shown = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? value : value === null ? null : JSON.stringify(value));

function Facts({ product }: { product: Product }) {
  return (
    <>
      <Section title="Product">
        {product.image_url && <Image src={product.image_url} alt={product.name} maw={240} radius="sm" fit="contain" />}
        <Details items={[
          ['Id in your shop', product.external_id],
          ['Brand', product.brand],
          ['Category', product.category && pathWords(product.category.path, product.category.name)],
          ['Price', product.price && product.currency ? <MoneyText key="p" value={{ amount: product.price, currency: product.currency }} /> : product.price],
          ['Page', product.url && <a key="u" href={product.url} rel="noreferrer noopener" target="_blank">{product.url}</a>],
          ['Added', <Time key="c" value={product.created_at} mode="absolute" />],
          ['Changed', <Time key="m" value={product.updated_at} mode="absolute" />],
        ]} />
        {product.description && <Text>{product.description}</Text>}
      </Section>
      {Object.keys(product.properties).length > 0 && (
        <Section title="Own properties"><Details items={Object.entries(product.properties).map(([key, value]) => [key, shown(value)] as const)} /></Section>
      )}
    </>
  );
}

/** One product of the catalogue. */
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
  const archive = () => {
    set.mutate('archived', { onSuccess: () => { undoToast(`${product?.name ?? 'Product'} archived`, () => set.mutateAsync('active')); }, onError: failToast });
  };
  return (
    <Page title={named(query, (found) => found.name, 'Product')} crumbs={[{ label: 'Products', href: paths.products() }]}
      badges={product && (product.status === 'stub' ? <ToneBadge tone="marigold" icon={IconReceipt2}>From orders only</ToneBadge> : <StateBadge state={product.status === 'active' ? 'active' : 'archived'} label={product.status === 'active' ? 'In the catalogue' : 'Archived'} />)}
      facts={product ? [product.external_id, product.brand, product.category?.name] : []}
      primary={product && canUpdate ? { label: 'Edit', shortcut: 'E', onClick: () => { drawer.open('product'); } } : undefined}
      menu={product && canDelete && product.status !== 'archived' ? [{ label: 'Archive', danger: true, onClick: archive }] : []}>
      <Loaded query={query} what="the product">{(found) => <Facts product={found} />}</Loaded>
      <SideDrawer name="edit" right="market:update" title="Edit product">{() => (product ? <ProductForm product={product} onSaved={drawer.close} onCancel={drawer.close} /> : null)}</SideDrawer>
    </Page>
  );
}
