import { Menu } from '@mantine/core';
import { IconChevronDown, IconDatabase, IconPlus } from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { useChooseDatabase, useDatabase, useDatabases } from '@/api/database';
import { useCan } from '@/api/session';
import { paths, useGo } from '@/kit';
import css from './shell.module.css';

/** The database on top: a plain label with one, a menu with several. Changing it changes lists, never an open object. */
export function DatabaseSwitcher() {
  const databases = useDatabases();
  const current = useDatabase();
  const choose = useChooseDatabase();
  const go = useGo();
  const { pathname } = useLocation();
  const canCreate = useCan('databases:create');
  if (!databases) return <div className={css.db} style={{ visibility: 'hidden' }} />; // what stands below shall not move
  if (databases.length === 0 && !canCreate) return null;
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
        {canCreate && <Menu.Item leftSection={<IconPlus size={14} />} onClick={() => { go(`${paths.databases()}?drawer=database:new`); }}>New database</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
