import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch } from '@/kit';
import { shellRoute } from './root';

export const homeRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../pages/HomePage'), 'HomePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/jobs', validateSearch: listSearch(['state']),
    component: lazyRouteComponent(() => import('../jobs/JobsPage'), 'JobsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/jobs/$jobId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../jobs/JobPage'), 'JobPage'),
  }),
];
