import { createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, noteNavigation, searchForm } from '@/kit';
import { queryClient } from './queryClient';
import { NotFoundPage } from './pages/ErrorPages';
import { areaRoutes } from './routes';
import { rootRoute, shellRoute, signInRoute } from './routes/root';

/** Every piece of the kit on one page, for looking at; only in development. */
const gallery = import.meta.env.DEV
  ? [createRoute({ getParentRoute: () => rootRoute, path: '/kit', validateSearch: listSearch(['state']), component: lazyRouteComponent(() => import('./gallery/GalleryPage'), 'GalleryPage') })]
  : [];

/** An address inside the application that leads nowhere keeps the menu around it. */
const nowhere = createRoute({ getParentRoute: () => shellRoute, path: '$', component: NotFoundPage });

export const router = createRouter({
  routeTree: rootRoute.addChildren([signInRoute, ...gallery, shellRoute.addChildren([...areaRoutes, nowhere])]),
  context: { client: queryClient },
  defaultPreload: 'intent',
  defaultPendingMs: 200,
  scrollRestoration: true,
  ...searchForm,
});

router.subscribe('onResolved', ({ pathChanged, fromLocation }) => { if (pathChanged && fromLocation) noteNavigation(); });

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}
