import { AspectRatio, Center, Group, Image, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconPackage, IconPlus, IconReceipt2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { AppLink, FirstUse, formatCount, ListPage, NO_VALUE, Num, paths, SideDrawer, StateBadge, Time, ToneBadge, useDrawer, useGo, useListState, type Column } from '@/kit';
import { pathWords, useCategories, type Product } from './model';
import { ProductForm } from './ProductForm';
import { WithOwnFields } from './products/OwnFields';
import { Price } from './products/Shelf';

const MOST_CATEGORIES = 400;

function useFilters() {
  const categories = useCategories();
  const top = (categories ?? []).filter((c) => c.path.length <= 2).slice(0, MOST_CATEGORIES);
  return [
    { key: 'category', label: 'Category', options: top.map((c) => ({ value: c.external_id, label: pathWords(c.path, c.name) })) },
    { key: 'status', label: 'State', options: [{ value: 'active', label: 'In the catalogue' }, { value: 'stub', label: 'Known from orders only' }, { value: 'archived', label: 'Archived' }] },
  ];
}

const columns: Column<Product>[] = [
  {
    key: 'name', header: 'Product', sort: 'name', cell: (p) => (
      <Group gap="xs" wrap="nowrap">
        {p.image_url && <Image src={p.image_url} alt="" w={28} h={28} radius="xs" fit="contain" />}
        <span>{p.name}</span>
      </Group>
    ),
  },
  { key: 'external_id', header: 'Id', sort: 'external_id', cell: (p) => p.external_id, priority: 2 },
  { key: 'brand', header: 'Brand', cell: (p) => p.brand, priority: 3 },
  { key: 'category', header: 'Category', cell: (p) => (p.category ? pathWords(p.category.path, p.category.name) : NO_VALUE), priority: 2 },
  { key: 'price', header: 'Price', sort: 'price', align: 'right', cell: (p) => (p.price === null ? null : <Price price={p.price} before={p.old_price} currency={p.currency} />), priority: 1 },
  { key: 'skus', header: 'SKUs', align: 'right', cell: (p) => (p.skus === 0 ? null : p.skus), priority: 3 },
  { key: 'stock', header: 'In stock', align: 'right', cell: (p) => (p.quantity === null ? null : <Num value={p.quantity} />), priority: 3 },
  {
    key: 'status', header: 'State', priority: 3, cell: (p) => (p.status === 'stub' ? <ToneBadge tone="marigold" icon={IconReceipt2}>From orders only</ToneBadge>
      : <StateBadge state={p.status === 'active' ? 'active' : 'archived'} size="sm" label={p.status === 'active' ? 'In the catalogue' : 'Archived'} />),
  },
  { key: 'updated_at', header: 'Changed', sort: 'updated_at', cell: (p) => <Time value={p.updated_at} />, priority: 3, hidden: true },
];

/** The catalogue as pictures: what a shop window shows of each product. */
function Gallery({ products }: { products: readonly Product[] }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, md: 4, lg: 5 }} component="ul" p={0} style={{ listStyle: 'none' }}>
      {products.map((p) => (
        <li key={p.id}>
          <Stack gap={4}>
            <AspectRatio ratio={1}>{p.image_url ? <Image src={p.image_url} alt="" radius="sm" fit="contain" /> : <Center bg="var(--fd-canvas)" style={{ borderRadius: 8 }}><IconPackage size={32} stroke={1.2} aria-hidden /></Center>}</AspectRatio>
            <AppLink href={paths.product(p.id)}>{p.name}</AppLink>
            <Text size="sm" component="div"><Price price={p.price} before={p.old_price} currency={p.currency} /></Text>
          </Stack>
        </li>
      ))}
    </SimpleGrid>
  );
}

/** The catalogue. */
export function ProductListPage() {
  const state = useListState();
  const canCreate = useCan('market:create');
  const drawer = useDrawer('product');
  const go = useGo();
  const filters = useFilters();
  const [look, setLook] = useLocalStorage<'table' | 'pictures'>({ key: 'fidelia.products.look', defaultValue: 'table', getInitialValueInEffect: false });
  const figures = useQuery({ queryKey: ['products', 'figures'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/products/figures', { signal })) });
  const query = useList<Product>(['products', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/products', {
    params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const add = canCreate ? { label: 'Add product', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage<Product> name="products" title="Products" noun={{ one: 'product', many: 'products' }} query={query} state={state} columns={columns} rowKey={(p) => p.id} rowLabel={(p) => p.name}
        rowHref={(p) => paths.product(p.id)} filters={filters} searchLabel="Search name, id or brand" primary={add} secondary={[{ label: 'Import a file', href: paths.marketImports() }, { label: 'Market settings', href: paths.marketSettings() }]}
        extra={<SegmentedControl size="xs" aria-label="Show as" value={look} onChange={setLook} data={[{ value: 'table', label: 'Table' }, { value: 'pictures', label: 'Pictures' }]} />} body={look === 'pictures' ? (rows) => <Gallery products={rows} /> : undefined}
        facts={[figures.data && formatCount(figures.data.products, 'product', 'products')]}
        help={{ text: 'What the company sells. Orders name products by your own ids; an id the catalogue does not know yet is kept and marked until the product arrives.' }}
        empty={<FirstUse icon={IconPackage} title="Bring in what you sell" text="Products come through the API, a file, or with the first order that names them. Segments can then ask what people bought." primary={add} />} />
      <SideDrawer name="product" right="market:create" title="Add a product">
        {() => <WithOwnFields entity="product">{(fields) => <ProductForm fields={fields} onSaved={(id) => { drawer.close(); if (id) go(paths.product(id)); }} onCancel={drawer.close} />}</WithOwnFields>}
      </SideDrawer>
      {figures.isError && <Text c="dimmed" size="xs">The number of products could not be read.</Text>}
    </>
  );
}
