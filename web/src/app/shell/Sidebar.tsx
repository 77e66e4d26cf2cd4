import { Menu, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChevronDown, IconDatabase, IconPlus } from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { useChooseDatabase, useDatabase, useDatabases } from '@/api/database';
import { useCan } from '@/api/session';
import { paths, useGo, useLinkProps, Wordmark } from '@/kit';
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

/** The database on top: a plain label with one, a menu with several. Changing it changes lists, never an open object. */
function DatabaseSwitcher() {
  const databases = useDatabases();
  const current = useDatabase();
  const choose = useChooseDatabase();
  const go = useGo();
  const { pathname } = useLocation();
  const canCreate = useCan('databases:create');
  if (!databases || (databases.length === 0 && !canCreate)) return null;
  const name = current?.name ?? 'No database yet';
  const face = <><IconDatabase size={16} aria-hidden="true" style={{ flexShrink: 0 }} /><span className={css.dbName}>{name}</span></>;
  if (databases.length === 1 && !canCreate) return <div className={css.db}>{face}</div>;
  const pick = (id: number) => {
    choose(id);
    const list = /^\/databases\/\d+\/(profiles|imports)\/?$/.exec(pathname)?.[1];
    if (list) go(`/databases/${id}/${list}`);
    else if (pathname.startsWith('/databases/')) go(paths.profiles(id));
  };
  return (
    <Menu position="bottom-start" shadow="md" width={232}>
      <Menu.Target>
        <button type="button" className={css.db} aria-label={`Database: ${name}`}>{face}<IconChevronDown size={14} className={css.dbMore} aria-hidden="true" /></button>
      </Menu.Target>
      <Menu.Dropdown>
        {databases.map((db) => (
          <Menu.RadioItem key={db.id} value={String(db.id)} checked={db.id === current?.id} closeMenuOnClick onChange={() => { pick(db.id); }}>{db.name}</Menu.RadioItem>
        ))}
        {databases.length > 0 && <Menu.Divider />}
        <Menu.Item leftSection={<IconDatabase size={14} />} onClick={() => { go(paths.databases()); }}>All databases</Menu.Item>
        {canCreate && <Menu.Item leftSection={<IconPlus size={14} />} onClick={() => { go(`${paths.databases()}?drawer=new`); }}>New database</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}

export function Sidebar() {
  const menu = useMenu();
  const icons = useMediaQuery('(max-width: 74.99em)', false, { getInitialValueInEffect: false });
  const home = useLinkProps(paths.home());
  return (
    <nav className={css.side} aria-label="Main">
      <a {...home} className={css.brand} aria-label="Fidelia, home"><Wordmark size={18} /></a>
      <DatabaseSwitcher />
      <div className={css.nav}>
        {menu.groups.map((group, i) => (
          <div key={group.label ?? i} {...(group.label ? { role: 'group', 'aria-label': group.label } : {})}>
            {group.label && <div className={css.groupLabel} aria-hidden="true">{group.label}</div>}
            {group.entries.map((entry) => <SideLink key={entry.href} entry={entry} icons={icons} />)}
          </div>
        ))}
        <div style={{ flex: 1 }} />
        <div className={css.below}>{menu.below.map((entry) => <SideLink key={entry.href} entry={entry} icons={icons} />)}</div>
      </div>
    </nav>
  );
}
