import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { shellRoute } from './root';

/** A new segment: its kind, and what it starts from. */
function newSearch(search: Search) {
  const word = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);
  const type = word(search.type), start = word(search.start);
  return { ...pageSearch(search), ...(type ? { type } : {}), ...(start ? { start } : {}) };
}

/** Which segments are compared: `ids=1,2,3`. */
function compareSearch(search: Search) {
  const ids = typeof search.ids === 'string' || typeof search.ids === 'number' ? String(search.ids) : undefined;
  return { ...pageSearch(search), ...(ids ? { ids } : {}) };
}

/** The period of its charts, beside what every list may carry. */
const period = (search: Search) => (typeof search.period === 'string' || typeof search.period === 'number' ? { period: String(search.period) } : {});
const segmentSearch = (search: Search) => ({ ...listSearch([])(search), ...period(search) });

const anySearch = (search: Record<string, unknown>): Record<string, unknown> => search;

export const segmentRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments', validateSearch: listSearch(['type', 'tag', 'archived']),
    component: lazyRouteComponent(() => import('@/segments/SegmentListPage'), 'SegmentListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/new', validateSearch: newSearch,
    component: lazyRouteComponent(() => import('@/segments/SegmentNewPage'), 'SegmentNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/import', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/moving/MovingPage'), 'MovingPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/compare', validateSearch: compareSearch,
    component: lazyRouteComponent(() => import('@/segments/ComparePage'), 'ComparePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/$segmentId', validateSearch: segmentSearch,
    component: lazyRouteComponent(() => import('@/segments/SegmentPage'), 'SegmentPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/$segmentId/fill', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/FillPage'), 'FillPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/segments/$segmentId/edit', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/SegmentEditPage'), 'SegmentEditPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/bulk-updates', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/segments/bulk/BulkListPage'), 'BulkListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/bulk-updates/new', validateSearch: anySearch,
    component: lazyRouteComponent(() => import('@/segments/bulk/BulkNewPage'), 'BulkNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/bulk-updates/$bulkId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/bulk/BulkPage'), 'BulkPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/exports', validateSearch: anySearch,
    component: lazyRouteComponent(() => import('@/segments/bulk/ExportListPage'), 'ExportListPage'),
  }),
];
