import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { shellRoute } from './root';

const lists = listSearch(['side', 'stratum', 'source', 'activity', 'present']);

/** The lists of its tabs, and the period and currency of its report. */
function workspaceSearch(search: Search) {
  const word = (key: string) => (typeof search[key] === 'string' && search[key] !== '' ? { [key]: search[key] } : {});
  return { ...lists(search), ...word('from'), ...word('to'), ...word('currency') };
}

/** A new campaign: the list it may begin with. */
function newSearch(search: Search) {
  const segment = Number(search.segment);
  return { ...pageSearch(search), ...(Number.isInteger(segment) && segment > 0 ? { segment } : {}) };
}

export const campaignRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/campaigns', validateSearch: listSearch(['state', 'tag', 'database', 'archived']),
    component: lazyRouteComponent(() => import('@/campaigns/CampaignListPage'), 'CampaignListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/campaigns/new', validateSearch: newSearch,
    component: lazyRouteComponent(() => import('@/campaigns/CampaignNewPage'), 'CampaignNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/campaigns/$campaignId', validateSearch: workspaceSearch,
    component: lazyRouteComponent(() => import('@/campaigns/CampaignPage'), 'CampaignPage'),
  }),
];
