import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import type { QueryClient } from '@tanstack/react-query';
import { databasesQuery } from '@/api/database';
import { Problem } from '@/api/problem';
import { meQuery } from '@/api/session';
import { ErrorPage, NotFoundPage } from '../pages/ErrorPages';
import { Shell } from '../shell/Shell';

export interface RouterContext { client: QueryClient }

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  errorComponent: ErrorPage,
  notFoundComponent: NotFoundPage,
});

/** Everything behind the sign-in; without a session one is sent there and back again. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: Shell,
  errorComponent: ErrorPage,
  notFoundComponent: NotFoundPage,
  beforeLoad: async ({ context, location }) => {
    try {
      const me = await context.client.query({ ...meQuery, staleTime: 'static' });
      // almost every page asks for them: they come while its code does, and a page that misses them says so itself
      if (me.rights.includes('databases:read')) context.client.query(databasesQuery).catch(() => undefined);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        const next = location.href === '/' ? undefined : location.href;
        throw redirect({ to: '/sign-in', search: next === undefined ? {} : { next } });
      }
      throw error;
    }
  },
});

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const { next } = search;
    // only places inside this application, never another site
    return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {};
  },
  component: lazyRouteComponent(() => import('../pages/SignInPage'), 'SignInPage'),
});
