import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { shellRoute } from './root';

/** A new segment: its kind, and what it starts from. */
function newSearch(search: Search) {
  const word = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);
  const type = word(search.type), start = word(search.start);
  return { ...pageSearch(search), ...(type ? { type } : {}), ...(start ? { start } : {}) };
}

export const segmentRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments', validateSearch: listSearch(['type', 'archived']),
    component: lazyRouteComponent(() => import('@/segments/SegmentListPage'), 'SegmentListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/new', validateSearch: newSearch,
    component: lazyRouteComponent(() => import('@/segments/SegmentNewPage'), 'SegmentNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/$segmentId', validateSearch: listSearch([]),
    component: lazyRouteComponent(() => import('@/segments/SegmentPage'), 'SegmentPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/$segmentId/edit', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/SegmentEditPage'), 'SegmentEditPage'),
  }),
];
