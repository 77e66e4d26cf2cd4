import { Button, Group, Image, Stack, Text } from '@mantine/core';
import { AppLink, MenuActions, MoneyText, Num, paths, Section, SmallTable, TagList, ToneBadge, type Column } from '@/kit';
import type { ReactNode } from 'react';
import { picturesOf, relationKinds, shown, type ProductDetail, type Sku } from '../model';

type Offer = ProductDetail['regions'][number];

/** A price, and the one before it. */
export function Price({ price, before, currency }: { price: string | null; before?: string | null; currency: string | null }) {
  if (price === null) return <>–</>;
  if (currency === null) return <>{price}</>;
  return <><MoneyText value={{ amount: price, currency }} />{before && <Text span size="xs" c="dimmed"> was <MoneyText value={{ amount: before, currency }} /></Text>}</>;
}

const stock = (quantity: string | null, available: boolean | null) => (quantity !== null ? <Num value={quantity} /> : available === null ? null : available ? 'available' : 'not available');

/** Variants of the product: what each costs and how many there are. */
export function Variants({ product, onAdd, onEdit, onArchive }: { product: ProductDetail; onAdd?: (() => void) | undefined; onEdit?: ((sku: Sku) => void) | undefined; onArchive?: ((sku: Sku) => void) | undefined }) {
  if (product.variants.length === 0 && !onAdd) return null;
  const columns: Column<Sku>[] = [
    { key: 'name', header: 'SKU', cell: (s) => s.name },
    { key: 'id', header: 'Id', priority: 2, cell: (s) => s.external_id },
    { key: 'price', header: 'Price', align: 'right', priority: 1, cell: (s) => <Price price={s.price ?? product.price} before={s.price === null ? product.old_price : s.old_price} currency={s.currency ?? product.currency} /> },
    { key: 'stock', header: 'In stock', align: 'right', priority: 2, cell: (s) => stock(s.quantity, s.available) },
    { key: 'fields', header: 'Properties', priority: 3, cell: (s) => Object.entries(s.properties).map(([key, value]) => `${key}: ${String(shown(value))}`).join(' · ') || null },
    { key: 'state', header: 'State', priority: 3, cell: (s) => (s.status === 'stub' ? <ToneBadge tone="marigold">From orders only</ToneBadge> : 'In the catalogue') },
    ...(onEdit || onArchive ? [{ key: 'actions', header: 'Actions', align: 'right' as const, priority: 1 as const, cell: (s: Sku) => (
      <MenuActions label={`What to do with ${s.name}`} actions={[
        ...(onEdit ? [{ label: 'Edit', onClick: () => { onEdit(s); } }] : []),
        ...(onArchive ? [{ label: 'Archive…', danger: true, onClick: () => { onArchive(s); } }] : []),
      ]} />
    ) }] : []),
  ];
  return (
    <Section title="SKUs" text="Variants of the product, such as sizes and colours. What a SKU does not say it has from the product." actions={onAdd && <Change label="Add a SKU" onClick={onAdd}>Add a SKU</Change>}>
      {product.variants.length === 0 ? <Text c="dimmed">The product comes in one kind only.</Text> : <SmallTable label="SKUs of the product" columns={columns} rows={product.variants} rowKey={(s) => s.id} />}
    </Section>
  );
}

interface Row extends Offer { of: string }

/** Prices and stock where they differ by region. */
export function Regions({ product, onEdit }: { product: ProductDetail; onEdit?: (() => void) | undefined }) {
  const rows: Row[] = [...product.regions.map((r) => ({ ...r, of: product.name })), ...product.variants.flatMap((s) => s.regions.map((r) => ({ ...r, of: s.name })))];
  if (rows.length === 0 && !onEdit) return null;
  const columns: Column<Row>[] = [
    { key: 'region', header: 'Region', cell: (r) => r.name },
    ...(product.variants.length > 0 ? [{ key: 'of', header: 'Of', priority: 2 as const, cell: (r: Row) => r.of }] : []),
    { key: 'price', header: 'Price', align: 'right', priority: 1, cell: (r) => <Price price={r.price} before={r.old_price} currency={product.currency} /> },
    { key: 'stock', header: 'In stock', align: 'right', priority: 2, cell: (r) => (r.quantity === null ? null : <Num value={r.quantity} />) },
  ];
  return (
    <Section title="By region" actions={onEdit && <Change label="Edit prices and stock by region" onClick={onEdit}>Edit</Change>}>
      {rows.length === 0 ? <Text c="dimmed">Price and stock are the same everywhere.</Text> : <SmallTable label="Prices and stock by region" columns={columns} rows={rows} rowKey={(r) => `${r.region} ${r.of}`} />}
    </Section>
  );
}

/** A button of a section that opens its editor. */
export const Change = ({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) => <Button variant="default" size="sm" aria-label={label} onClick={onClick}>{children}</Button>;

/** Other products that go with this one. */
export function Relations({ product, onEdit }: { product: ProductDetail; onEdit?: (() => void) | undefined }) {
  if (product.relations.length === 0 && !onEdit) return null;
  return (
    <Section title="Goes with" actions={onEdit && <Change label="Edit what goes with it" onClick={onEdit}>Edit</Change>}>
      {product.relations.length === 0 && <Text c="dimmed">Nothing goes with it yet.</Text>}
      <Stack gap="md">
        {relationKinds.map(({ kind, title }) => {
          const found = product.relations.filter((r) => r.kind === kind);
          return found.length === 0 ? null : (
            <div key={kind}>
              <Text size="sm" c="dimmed" mb={6}>{title}</Text>
              <Group gap="md">
                {found.map((r) => (
                  <Group key={r.product_id} gap="xs" wrap="nowrap">
                    {r.image_url && <Image src={r.image_url} alt="" w={32} h={32} radius="xs" fit="contain" />}
                    <div><AppLink href={paths.product(r.product_id)}>{r.name}</AppLink>{r.price !== null && <Text size="xs" c="dimmed" component="div"><Price price={r.price} currency={r.currency} /></Text>}</div>
                  </Group>
                ))}
              </Group>
            </div>
          );
        })}
      </Stack>
    </Section>
  );
}

/** Pictures of the product, the first one large. */
export function Pictures({ product }: { product: ProductDetail }) {
  const all = picturesOf(product);
  if (all.length === 0) return null;
  return <Group gap="sm" align="end">{all.slice(0, 12).map((address, n) => <Image key={address} src={address} alt={n === 0 ? product.name : ''} maw={n === 0 ? 240 : 96} radius="sm" fit="contain" />)}</Group>;
}

export const tagsOf = (tags: readonly string[]) => (tags.length > 0 ? <TagList tags={tags} /> : null);
