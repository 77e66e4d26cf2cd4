import {
  IconAward, IconBolt, IconChecklist, IconCirclesRelation, IconFileImport, IconFlask, IconHome, IconFlag, IconInbox, IconListDetails, IconMail, IconCategory, IconChartHistogram, IconPackage, IconRss, IconProgress, IconRosetteDiscount, IconSettings,
  IconShoppingCart, IconTargetArrow, IconTemplate, IconTicket, IconUserStar, IconUsers, type Icon,
} from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useDatabase } from '@/api/database';
import { useCanAny } from '@/api/session';
import { paths } from '@/kit';

export interface MenuEntry {
  label: string;
  icon: Icon;
  href: string;
  /** the entry is lit below these addresses */
  under: readonly string[];
  /** G, then this key */
  key?: string;
}

export interface MenuGroup {
  label: string | null;
  entries: readonly MenuEntry[];
}

interface Place {
  label: string;
  icon: Icon;
  route: string;
  href: (db: number | undefined) => string | null;
  /** pages that have no entry of their own and belong here */
  also?: (db: number | undefined) => readonly string[];
  right?: string;
  key?: string;
}

const inDatabase = (path: (db: number) => string) => (db: number | undefined) => (db === undefined ? null : path(db));

const groups: readonly { label: string | null; places: readonly Place[] }[] = [
  { label: null, places: [{ label: 'Home', icon: IconHome, route: '/', href: () => paths.home(), key: 'h' }] },
  {
    label: 'Audience', places: [
      { label: 'Profiles', icon: IconUsers, route: '/databases/$databaseId/profiles', href: inDatabase(paths.profiles), also: (db) => [...(db === undefined ? [] : [paths.duplicates(db), paths.merge(db)]), paths.search(), paths.relations(), paths.erasures()], right: 'profiles:read', key: 'p' },
      { label: 'Segments', icon: IconCirclesRelation, route: '/segments', href: () => paths.segments(), right: 'segments:read', key: 's' },
      { label: 'Lists', icon: IconListDetails, route: '/value-lists', href: () => paths.lists(), right: 'lists:read' },
      { label: 'Consent', icon: IconChecklist, route: '/resources', href: () => paths.consent(), right: 'consent:read' },
      { label: 'Imports', icon: IconFileImport, route: '/databases/$databaseId/imports', href: inDatabase(paths.imports), right: 'imports:read' },
      { label: 'Event types', icon: IconBolt, route: '/databases/$databaseId/event-types', href: inDatabase(paths.eventTypes), right: 'events:read' },
      { label: 'Goals', icon: IconTargetArrow, route: '/databases/$databaseId/goals', href: inDatabase(paths.goals), right: 'events:read' },
    ],
  },
  {
    label: 'Messages', places: [
      { label: 'Mailings', icon: IconMail, route: '/mailings', href: () => paths.mailings(), right: 'mailings:read', key: 'm' },
      { label: 'Campaigns', icon: IconFlag, route: '/campaigns', href: () => paths.campaigns(), right: 'campaigns:read', key: 'c' },
      { label: 'Templates', icon: IconTemplate, route: '/templates', href: () => paths.templates(), right: 'templates:read', key: 't' },
      { label: 'Mailbox', icon: IconInbox, route: '/mailbox', href: () => paths.mailbox(), right: 'mailbox:read' },
    ],
  },
  {
    label: 'Market', places: [
      { label: 'Products', icon: IconPackage, route: '/market/products', href: () => paths.products(), also: () => [paths.marketSettings(), paths.marketImports()], right: 'market:read' },
      { label: 'Product segments', icon: IconCategory, route: '/market/product-segments', href: () => paths.productSegments(), right: 'market:read' },
      { label: 'Feeds', icon: IconRss, route: '/market/feeds', href: () => paths.marketFeeds(), right: 'market:read' },
      { label: 'Orders', icon: IconShoppingCart, route: '/market/orders', href: () => paths.orders(), also: () => [paths.sales()], right: 'market:read', key: 'o' },
    ],
  },
  {
    label: 'Loyalty', places: [
      { label: 'Program', icon: IconAward, route: '/loyalty/programs', href: () => paths.programs(), right: 'loyalty:read', key: 'l' },
      { label: 'Members', icon: IconUserStar, route: '/loyalty/members', href: () => paths.members(), right: 'loyalty:read' },
      { label: 'Promotions', icon: IconRosetteDiscount, route: '/loyalty/promotions', href: () => paths.promotions(), also: () => [paths.orderSegments()], right: 'loyalty:read' },
      { label: 'Test', icon: IconFlask, route: '/loyalty/test', href: () => paths.loyaltyTest(), right: 'loyalty:read' },
      { label: 'Codes', icon: IconTicket, route: '/loyalty/codes', href: () => paths.promoCodes(), right: 'loyalty:read' },
      { label: 'Analytics', icon: IconChartHistogram, route: '/loyalty/analytics', href: () => paths.loyaltyAnalytics(), right: 'loyalty:read' },
    ],
  },
];

const below: readonly Place[] = [
  { label: 'Jobs', icon: IconProgress, route: '/jobs', href: () => paths.jobs(), right: 'jobs:read', key: 'j' },
  { label: 'Settings', icon: IconSettings, route: '/settings', href: () => '/settings/account' },
];

/** The menu of this person: only places that exist and that they may open. */
export function useMenu(): { groups: readonly MenuGroup[]; below: readonly MenuEntry[] } {
  const router = useRouter();
  const db = useDatabase()?.id;
  const can = useCanAny();
  return useMemo(() => {
    const known = router.routesByPath as Readonly<Record<string, unknown>>;
    const open = (places: readonly Place[]): MenuEntry[] => places.flatMap((place) => {
      const href = place.href(db);
      if (href === null || !(place.route in known) || !can(place.right)) return [];
      const under = [place.label === 'Settings' ? '/settings' : href, ...(place.also?.(db) ?? [])];
      return [{ label: place.label, icon: place.icon, href, under, ...(place.key ? { key: place.key } : {}) }];
    });
    return {
      groups: groups.map(({ label, places }) => ({ label, entries: open(places) })).filter((group) => group.entries.length > 0),
      below: open(below),
    };
  }, [router, db, can]);
}

/** A promotion's address lies below its program, but it belongs to the promotions. */
const placed = (path: string): string => path.replace(/^\/loyalty\/programs\/[^/]+\/promotions(?=\/|$)/, paths.promotions());

export function isUnder(path: string, under: readonly string[]): boolean {
  const at = placed(path);
  return under.some((place) => (place === '/' ? at === '/' : at === place || at.startsWith(`${place}/`)));
}
