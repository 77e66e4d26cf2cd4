import { Delayed, Loaded, Page, paths, SkeletonPanel } from '@/kit';
import { ProductBuilder } from './ProductBuilder';
import { useProductVocabulary, type Entity, type ProductSegmentDetail } from './model';

/** The builder, once what rules can ask is known. */
export function ProductBuilderPage({ entity, segment }: { entity: Entity; segment?: ProductSegmentDetail }) {
  const words = useProductVocabulary(entity);
  if (words.data) return <ProductBuilder raw={words.data} entity={entity} {...(segment ? { segment } : {})} />;
  return (
    <Page title={segment?.name ?? 'New product segment'} crumbs={[{ label: 'Product segments', href: paths.productSegments() }]}>
      <Loaded query={words} what="what rules on products can ask">{() => <Delayed><SkeletonPanel lines={6} /></Delayed>}</Loaded>
    </Page>
  );
}
