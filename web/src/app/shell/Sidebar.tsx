import { Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { paths, useLinkProps, Wordmark } from '@/kit';
import { DatabaseSwitcher } from './DatabaseSwitcher';
import { isUnder, useMenu, type MenuEntry } from './menu';
import css from './shell.module.css';

function SideLink({ entry, icons }: { entry: MenuEntry; icons: boolean }) {
  const { pathname } = useLocation();
  const here = isUnder(pathname, entry.under);
  const props = useLinkProps(entry.href);
  return (
    <Tooltip label={entry.label} position="right" disabled={!icons}>
      <a {...props} className={css.link} {...(here ? { 'aria-current': 'page' as const } : {})} {...(icons ? { 'aria-label': entry.label } : {})}>
        <entry.icon size={18} stroke={1.75} aria-hidden="true" /><span>{entry.label}</span>
      </a>
    </Tooltip>
  );
}

export function Sidebar() {
  const menu = useMenu();
  const icons = useMediaQuery('(max-width: 74.99em)', false, { getInitialValueInEffect: false });
  const home = useLinkProps(paths.home());
  const { pathname } = useLocation();
  const nav = useRef<HTMLDivElement>(null);
  useEffect(() => { nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }); }, [pathname]); // in a low window it may stand below
  return (
    <nav className={css.side} aria-label="Main">
      <a {...home} className={css.brand} aria-label="Fidelia, home"><Wordmark size={18} /></a>
      <DatabaseSwitcher />
      <div className={css.nav} ref={nav}>
        {menu.groups.map((group, i) => (
          <div key={group.label ?? i} {...(group.label ? { role: 'group', 'aria-label': group.label } : {})}>
            {group.label && <div className={css.groupLabel} aria-hidden="true">{group.label}</div>}
            {group.entries.map((entry) => <SideLink key={entry.href} entry={entry} icons={icons} />)}
          </div>
        ))}
      </div>
      <div className={css.below}>{menu.below.map((entry) => <SideLink key={entry.href} entry={entry} icons={icons} />)}</div>
    </nav>
  );
}
