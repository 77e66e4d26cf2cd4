import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { listSearch, pageSearch } from '@/kit';
import { shellRoute } from './root';

export const settingsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings',
    beforeLoad: () => { throw redirect({ href: '/settings/account' }); },
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/account', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../settings/AccountPage'), 'AccountPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/users', validateSearch: listSearch(['role', 'disabled']),
    component: lazyRouteComponent(() => import('../settings/UsersPage'), 'UsersPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/roles', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../settings/RolesPage'), 'RolesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/tokens', validateSearch: listSearch(['revoked']),
    component: lazyRouteComponent(() => import('../settings/TokensPage'), 'TokensPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/mail-servers', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('../settings/SendersPage'), 'MailServersPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/senders', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('../settings/SendersPage'), 'SendersPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/senders/new', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../settings/SendersPage'), 'NewSenderPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/senders/$senderId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../settings/SendersPage'), 'SenderPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/domains', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('../settings/DomainsPage'), 'DomainsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/returned', validateSearch: listSearch(['outcome']),
    component: lazyRouteComponent(() => import('../settings/ReturnedPage'), 'ReturnedPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/channels', validateSearch: listSearch(['archived']),
    component: lazyRouteComponent(() => import('../settings/ChannelsPage'), 'ChannelsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/channels/$channelId', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../settings/ChannelsPage'), 'ChannelPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/policies', validateSearch: listSearch(),
    component: lazyRouteComponent(() => import('../settings/PoliciesPage'), 'PoliciesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/hooks', validateSearch: listSearch(['active']),
    component: lazyRouteComponent(() => import('../settings/HooksPage'), 'HooksPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/hooks/$hookId', validateSearch: listSearch(['state', 'kind']),
    component: lazyRouteComponent(() => import('../settings/HooksPage'), 'HookPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/audit', validateSearch: listSearch(['kind', 'actor_kind', 'action', 'object_id']),
    component: lazyRouteComponent(() => import('../settings/AuditPage'), 'AuditPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute, path: '/settings/installation', validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('../settings/InstallationPage'), 'InstallationPage'),
  }),
];
