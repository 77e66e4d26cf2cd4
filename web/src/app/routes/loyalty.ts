import { createRoute, lazyRouteComponent, type AnyRoute } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { filtersOf } from '@/loyalty/analytics/search';
import { shellRoute } from './root';

const lists = listSearch(['level', 'source', 'removed']);

/** The number of something, kept when it is one. */
function numbered<K extends string>(search: Search, name: K): Partial<Record<K, string>> {
  const found = Number(search[name]);
  return Number.isInteger(found) && found > 0 ? { [name]: String(found) } as Record<K, string> : {};
}

/** A list of members, and of which program. */
const memberSearch = (search: Search) => ({ ...lists(search), ...numbered(search, 'program') });

const programLists = listSearch(['level', 'source', 'removed', 'type', 'state', 'points', 'days']);

/** A program, and the saved case that its test page shows. */
function programSearch(search: Search) {
  return { ...programLists(search), ...numbered(search, 'case') };
}

/** Period, filters and tab of the reports of a program. */
const reportSearch = (search: Search) => ({ ...pageSearch(search), ...numbered(search, 'program'), ...filtersOf(search) });

const testSearch = (search: Search) => ({ ...pageSearch(search), ...numbered(search, 'program'), ...numbered(search, 'case') });

const programRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/programs', validateSearch: listSearch(['archived', 'database']),
    component: lazyRouteComponent(() => import('@/loyalty/programs/ProgramListPage'), 'ProgramListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/programs/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/loyalty/programs/ProgramNewPage'), 'ProgramNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/programs/$programId', validateSearch: programSearch,
    component: lazyRouteComponent(() => import('@/loyalty/programs/ProgramPage'), 'ProgramPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/members', validateSearch: memberSearch,
    component: lazyRouteComponent(() => import('@/loyalty/members/MemberListPage'), 'MemberListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/test', validateSearch: testSearch,
    component: lazyRouteComponent(() => import('@/loyalty/testing/TestPage'), 'TestPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/analytics', validateSearch: reportSearch,
    component: lazyRouteComponent(() => import('@/loyalty/analytics/AnalyticsPage'), 'AnalyticsPage'),
  }),
];

const codeRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/codes', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('@/loyalty/codes/PoolListPage'), 'PoolListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/codes/$poolId', validateSearch: listSearch(['state']),
    component: lazyRouteComponent(() => import('@/loyalty/codes/PoolPage'), 'PoolPage'),
  }),
];

const promotionRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/promotions', validateSearch: listSearch(['program']),
    component: lazyRouteComponent(() => import('@/loyalty/promotions/PromotionListPage'), 'PromotionListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/promotions/new', validateSearch: listSearch(['program']),
    component: lazyRouteComponent(() => import('@/loyalty/promotions/PromotionNewPage'), 'PromotionNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/programs/$programId/promotions/$promotionId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/loyalty/promotions/PromotionPage'), 'PromotionPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/order-segments', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/loyalty/promotions/OrderSegmentListPage'), 'OrderSegmentListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/order-segments/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/loyalty/promotions/OrderSegmentPage'), 'OrderSegmentNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/order-segments/$segmentId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/loyalty/promotions/OrderSegmentPage'), 'OrderSegmentPage'),
  }),
];

export const loyaltyRoutes: AnyRoute[] = [...programRoutes, ...codeRoutes, ...promotionRoutes];
