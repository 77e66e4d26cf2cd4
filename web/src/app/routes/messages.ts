import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { listSearch, pageSearch, type Search } from '@/kit';
import { shellRoute } from './root';

export const messageRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/mailings', validateSearch: listSearch(['state', 'type', 'campaign', 'archived']),
    component: lazyRouteComponent(() => import('@/messages/MailingListPage'), 'MailingListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/mailings/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/messages/MailingNewPage'), 'MailingNewPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/mailings/calendar', validateSearch: (search: Search) => ({ ...pageSearch(search), ...(typeof search.month === 'string' ? { month: search.month } : {}), ...(Number(search.campaign) > 0 ? { campaign: Number(search.campaign) } : {}), ...(typeof search.hide === 'string' ? { hide: search.hide } : {}) }),
    component: lazyRouteComponent(() => import('@/messages/calendar/CalendarPage'), 'CalendarPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/mailings/slots', validateSearch: listSearch([]),
    component: lazyRouteComponent(() => import('@/messages/placement/SlotsPage'), 'SlotsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/mailings/$mailingId', validateSearch: listSearch(['state', 'run', 'variant', 'sender', 'reason']),
    component: lazyRouteComponent(() => import('@/messages/MailingPage'), 'MailingPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/templates', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('@/messages/TemplateListPage'), 'TemplateListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/templates/fragments', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('@/messages/content/FragmentListPage'), 'FragmentListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/templates/fragments/$fragmentId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/messages/content/FragmentPage'), 'FragmentPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/templates/feeds', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('@/messages/content/FeedListPage'), 'FeedListPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/templates/feeds/$feedId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/messages/content/FeedPage'), 'FeedPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/templates/$templateId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/messages/TemplatePage'), 'TemplatePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/mailbox', validateSearch: listSearch(['mailing']),
    component: lazyRouteComponent(() => import('@/messages/MailboxPage'), 'MailboxPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/mailbox/$mailId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('@/messages/MailboxPage'), 'MailPage'),
  }),
];
