import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch } from '@/kit';
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
    getParentRoute: () => shellRoute, path: '/market/orders', validateSearch: listSearch(['status', 'profile']),
    component: lazyRouteComponent(() => import('@/market/OrderListPage'), 'OrderListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/market/orders/$orderId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/market/OrderPage'), 'OrderPage'),
  }),
];
