import { useCan } from '@/api/session';
import { Loaded, NeedRight, Page, paths, useIdParam } from '@/kit';
import { BuilderPage } from './BuilderPage';
import { useSegment } from './model';

/** The builder with a saved segment in it. */
export function SegmentEditPage() {
  const id = useIdParam('segmentId');
  const query = useSegment(id);
  const can = useCan('segments:update');
  if (!can) return <NeedRight title={query.data?.name ?? 'Segment'} crumbs={[{ label: 'Segments', href: paths.segments() }]} what="change segments" right="segments:update" />;
  if (query.data) return <BuilderPage key={id} kind={query.data.type} databaseId={query.data.database_id} segment={query.data} />;
  return <Page title={query.error ? 'Segment' : undefined} crumbs={[{ label: 'Segments', href: paths.segments() }]}><Loaded query={query} what="the segment">{() => null}</Loaded></Page>;
}
