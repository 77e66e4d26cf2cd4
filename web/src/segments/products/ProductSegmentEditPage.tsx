import { useCan } from '@/api/session';
import { Loaded, named, NeedRight, Page, paths, useIdParam } from '@/kit';
import { ProductBuilderPage } from './ProductBuilderPage';
import { useProductSegment, type ProductSegmentDetail } from './model';

const crumbs = [{ label: 'Product segments', href: paths.productSegments() }];

/** The rules of a product segment. */
export function ProductSegmentEditPage() {
  const query = useProductSegment(useIdParam('segmentId'));
  if (!useCan('market:update')) return <NeedRight title="Rules of a product segment" crumbs={crumbs} what="change product segments" right="market:update" />;
  if (query.data) return <ProductBuilderPage key={query.data.id} entity={query.data.entity} segment={query.data} />;
  return <Page title={named(query, (found: ProductSegmentDetail) => found.name, 'Product segment')} crumbs={crumbs}><Loaded query={query} what="the product segment">{() => null}</Loaded></Page>;
}
