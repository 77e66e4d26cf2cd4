import { Loaded, Page, paths, useIdParam } from '@/kit';
import { BuilderPage } from './BuilderPage';
import { useSegment } from './model';

/** The builder with a saved segment in it. */
export function SegmentEditPage() {
  const id = useIdParam('segmentId');
  const query = useSegment(id);
  if (query.data) return <BuilderPage key={id} kind={query.data.type} databaseId={query.data.database_id} segment={query.data} />;
  return <Page title="Segment" crumbs={[{ label: 'Segments', href: paths.segments() }]}><Loaded query={query} what="the segment">{() => null}</Loaded></Page>;
}
