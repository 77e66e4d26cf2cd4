import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { shellRoute } from './root';

/** The report's period and currency. */
function controlSearch(search: Search) {
  const word = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const from = word(search.from), to = word(search.to), currency = word(search.currency);
  return { ...listSearch()(search), ...(from ? { from } : {}), ...(to ? { to } : {}), ...(currency ? { currency } : {}) };
}

const anySearch = (search: Record<string, unknown>): Record<string, unknown> => search;

export const profileRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/DatabaseListPage'), 'DatabaseListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/profiles/DatabasePage'), 'DatabasePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/control-group', validateSearch: controlSearch,
    component: lazyRouteComponent(() => import('@/segments/control/ControlGroupPage'), 'ControlGroupPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/goals', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('@/goals/GoalsPage'), 'GoalsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/event-types', validateSearch: listSearch(['origin']),
    component: lazyRouteComponent(() => import('@/events/types/EventTypesPage'), 'EventTypesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/scores', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/segments/scores/ScoreListPage'), 'ScoreListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/scores/$scoreId', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/segments/scores/ScorePage'), 'ScorePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/profiles', validateSearch: listSearch(['figure']),
    component: lazyRouteComponent(() => import('@/profiles/ProfileListPage'), 'ProfileListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/profiles/$profileId', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/ProfilePage'), 'ProfilePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/duplicates', validateSearch: listSearch(['kind']),
    component: lazyRouteComponent(() => import('@/profiles/merge/DuplicatesPage'), 'DuplicatesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/merge', validateSearch: anySearch,
    component: lazyRouteComponent(() => import('@/profiles/merge/MergePage'), 'MergePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/relations', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/profiles/relations/RelationsPage'), 'RelationsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/search', validateSearch: anySearch,
    component: lazyRouteComponent(() => import('@/profiles/SearchPage'), 'SearchPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/erasures', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/personal/ReceiptsPage'), 'ReceiptsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/imports', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/imports/ImportListPage'), 'ImportListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/imports/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/profiles/imports/ImportNewPage'), 'ImportNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/imports/$importId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/profiles/imports/ImportPage'), 'ImportPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/import-schedules', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/imports/schedule/ScheduleListPage'), 'ScheduleListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/import-schedules/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/profiles/imports/schedule/ScheduleNewPage'), 'ScheduleNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/databases/$databaseId/import-schedules/$scheduleId', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/imports/schedule/SchedulePage'), 'SchedulePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/value-lists', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/lists/ListsPage'), 'ListsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/value-lists/$listId', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/lists/ValueListPage'), 'ValueListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/data-tables/$tableId', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('@/profiles/lists/DataTablePage'), 'DataTablePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/resources', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('@/profiles/ConsentPage'), 'ConsentPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/subscriptions', validateSearch: listSearch(['resource', 'channel', 'status']),
    component: lazyRouteComponent(() => import('@/profiles/SubscriptionsPage'), 'SubscriptionsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/suppression-lists/$listId', validateSearch: listSearch(['kind']),
    component: lazyRouteComponent(() => import('@/profiles/SuppressionPage'), 'SuppressionPage'),
  }),
];
