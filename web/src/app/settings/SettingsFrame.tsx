import { Box, NavLink, ScrollArea } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';
import { useCanAny } from '@/api/session';
import { useLinkProps, type Crumb } from '@/kit';
import css from './settings.module.css';

export const settingsCrumb: readonly Crumb[] = [{ label: 'Settings', href: '/settings/account' }];

const pages: readonly { label: string; href: string; right?: string }[] = [
  { label: 'Account', href: '/settings/account' },
  { label: 'Users', href: '/settings/users', right: 'users:read' },
  { label: 'Roles', href: '/settings/roles' },
  { label: 'Tokens', href: '/settings/tokens', right: 'tokens:read' },
  { label: 'Mail servers', href: '/settings/mail-servers', right: 'senders:read' },
  { label: 'Virtual senders', href: '/settings/senders', right: 'senders:read' },
  { label: 'Sending domains', href: '/settings/domains', right: 'senders:read' },
  { label: 'Returned mail', href: '/settings/returned', right: 'senders:read' },
  { label: 'Channels', href: '/settings/channels', right: 'channels:read' },
  { label: 'Policies', href: '/settings/policies', right: 'policies:read' },
  { label: 'Hooks', href: '/settings/hooks', right: 'hooks:read' },
  { label: 'Audit log', href: '/settings/audit', right: 'audit:read' },
  { label: 'Installation', href: '/settings/installation', right: 'settings:read' },
];

function Entry({ label, href }: { label: string; href: string }) {
  const { pathname } = useLocation();
  const here = pathname === href || pathname.startsWith(`${href}/`);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => { if (here) link.current?.scrollIntoView({ block: 'nearest', inline: 'center' }); }, [here]);
  return <NavLink ref={link} label={label} active={here} {...useLinkProps(href)} {...(here ? { 'aria-current': 'page' as const } : {})} className={css.entry ?? ''} />;
}

/** The settings' own menu, above each of their pages. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  const can = useCanAny();
  return (
    <>
      <Box className={css.menu ?? ''}>
        <ScrollArea type="never">
          <nav aria-label="Settings" className={css.list}>
            {pages.filter((page) => can(page.right)).map((page) => <Entry key={page.href} label={page.label} href={page.href} />)}
          </nav>
        </ScrollArea>
      </Box>
      {children}
    </>
  );
}
