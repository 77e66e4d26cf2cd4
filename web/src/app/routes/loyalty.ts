import { createRoute, lazyRouteComponent, type AnyRoute } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { shellRoute } from './root';

const lists = listSearch(['level', 'source', 'removed']);

/** A list of members, and of which program. */
function memberSearch(search: Search) {
  const program = Number(search.program);
  return { ...lists(search), ...(Number.isInteger(program) && program > 0 ? { program: String(program) } : {}) };
}

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
    getParentRoute: () => shellRoute, path: '/loyalty/programs/$programId', validateSearch: listSearch(['level', 'source', 'removed', 'type', 'state', 'points', 'days']),
    component: lazyRouteComponent(() => import('@/loyalty/programs/ProgramPage'), 'ProgramPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/loyalty/members', validateSearch: memberSearch,
    component: lazyRouteComponent(() => import('@/loyalty/members/MemberListPage'), 'MemberListPage'),
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
