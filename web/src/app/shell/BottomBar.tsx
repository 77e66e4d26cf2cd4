import { Drawer, NavLink, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMenu2 } from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { useGo, useLinkProps } from '@/kit';
import { DatabaseSwitcher } from './DatabaseSwitcher';
import { isUnder, useMenu, type MenuEntry, type MenuGroup } from './menu';
import css from './shell.module.css';

function Tab({ group, entry }: { group: MenuGroup; entry: MenuEntry }) {
  const { pathname } = useLocation();
  const on = group.entries.some((e) => isUnder(pathname, e.under));
  return (
    <a {...useLinkProps(entry.href)} className={css.tab} data-on={on} {...(on ? { 'aria-current': 'page' as const } : {})}>
      <entry.icon size={20} stroke={1.75} aria-hidden="true" />{group.label ?? entry.label}
    </a>
  );
}

/** The phone's menu: the first place of each group, and everything under More. */
export function BottomBar() {
  const menu = useMenu();
  const [open, more] = useDisclosure(false);
  const { pathname } = useLocation();
  const go = useGo();
  const pick = (href: string) => () => { more.close(); go(href); };
  const link = (entry: MenuEntry) => (
    <NavLink key={entry.href} component="button" label={entry.label} leftSection={<entry.icon size={18} aria-hidden="true" />} active={isUnder(pathname, entry.under)} onClick={pick(entry.href)} h={44} />
  );
  return (
    <>
      <nav className={css.bottom} aria-label="Main">
        {menu.groups.slice(0, 4).map((group) => group.entries[0] && <Tab key={group.label ?? 'home'} group={group} entry={group.entries[0]} />)}
        <button type="button" className={css.tab} onClick={more.open}><IconMenu2 size={20} stroke={1.75} aria-hidden="true" />More</button>
      </nav>
      <Drawer opened={open} onClose={more.close} position="bottom" size="80%" title="Go to" closeButtonProps={{ 'aria-label': 'Close' }}>
        <Stack gap={2} className={css.sheet ?? ''}>
          <DatabaseSwitcher />
          {menu.groups.map((group) => (
            <div key={group.label ?? 'home'}>
              {group.label && <Text size="xs" c="dimmed" fw={550} px="sm" pt="sm">{group.label}</Text>}
              {group.entries.map(link)}
            </div>
          ))}
          {menu.below.map(link)}
        </Stack>
      </Drawer>
    </>
  );
}
