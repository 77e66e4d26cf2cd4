import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { shellRoute } from './root';

export const marketRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/products', validateSearch: listSearch(['category', 'status']),
    component: lazyRouteComponent(() => import('@/market/ProductListPage'), 'ProductListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/products/$productId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/ProductPage'), 'ProductPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/orders', validateSearch: listSearch(['status', 'profile', 'channel']),
    component: lazyRouteComponent(() => import('@/market/OrderListPage'), 'OrderListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/orders/$orderId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/OrderPage'), 'OrderPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/sales',
    validateSearch: (search: Search) => ({ ...pageSearch(search), ...(typeof search.period === 'string' ? { period: search.period } : {}), ...(typeof search.currency === 'string' ? { currency: search.currency } : {}) }),
    component: lazyRouteComponent(() => import('@/market/FiguresPage'), 'FiguresPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/settings', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/MarketSettingsPage'), 'MarketSettingsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/imports', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/market/imports/MarketImportListPage'), 'MarketImportListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/imports/$importId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/imports/MarketImportPage'), 'MarketImportPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/feeds', validateSearch: listSearch([]),
    component: lazyRouteComponent(() => import('@/market/feeds/FeedListPage'), 'FeedListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/feeds/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/feeds/FeedNewPage'), 'FeedNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/feeds/$feedId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/feeds/FeedPage'), 'FeedPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/feed-runs/$runId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/feeds/FeedRunPage'), 'FeedRunPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/product-segments', validateSearch: listSearch(['type', 'entity', 'archived']),
    component: lazyRouteComponent(() => import('@/segments/products/ProductSegmentListPage'), 'ProductSegmentListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/product-segments/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/products/ProductSegmentNewPage'), 'ProductSegmentNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/product-segments/$segmentId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/products/ProductSegmentPage'), 'ProductSegmentPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/product-segments/$segmentId/edit', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/segments/products/ProductSegmentEditPage'), 'ProductSegmentEditPage'),
  }),
];
