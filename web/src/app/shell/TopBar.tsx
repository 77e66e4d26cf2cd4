import { Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { IconDeviceDesktop, IconHelp, IconLogout, IconMoon, IconSearch, IconSun, IconUserCircle } from '@tabler/icons-react';
import { useMe, useSignOut } from '@/api/session';
import { AppLink, failToast, IconButton, Keys, paths, useGo, usePageMeta } from '@/kit';
import { JobTray } from '../jobs/JobTray';
import { HelpPanel } from './HelpPanel';
import css from './shell.module.css';

function Breadcrumb() {
  const { crumbs, title } = usePageMeta();
  const levels = crumbs.filter((crumb) => crumb.label !== title).slice(-2);
  return (
    <nav className={css.crumbs} aria-label="Breadcrumb">
      <ol>
        {levels.map((crumb, i) => <li key={crumb.href} data-up={i === levels.length - 1}><AppLink href={crumb.href} underline="hover">{crumb.label}</AppLink></li>)}
        {title !== '' && <li aria-current="page" data-alone={levels.length === 0}>{title}</li>}
      </ol>
    </nav>
  );
}

const schemes: readonly { value: MantineColorScheme; label: string; icon: typeof IconSun }[] = [
  { value: 'light', label: 'Light', icon: IconSun },
  { value: 'dark', label: 'Dark', icon: IconMoon },
  { value: 'auto', label: 'As the system', icon: IconDeviceDesktop },
];

function UserMenu() {
  const me = useMe();
  const go = useGo();
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  if (!me) return null;
  const name = me.name || me.email || '';
  return (
    <Menu position="bottom-end" shadow="md" width={232}>
      <Menu.Target><IconButton label={`${name}: account and appearance`}><IconUserCircle size={20} /></IconButton></Menu.Target>
      <Menu.Dropdown>
        <Menu.Label style={{ overflowWrap: 'anywhere' }}>{name === me.email ? name : [name, me.email].filter(Boolean).join(' · ')}</Menu.Label>
        <Menu.Item leftSection={<IconUserCircle size={16} />} onClick={() => { go(paths.settings()); }}>Account</Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map(({ value, label, icon: Mark }) => (
          <Menu.RadioItem key={value} value={value} checked={colorScheme === value} onChange={() => { setColorScheme(value); }} rightSection={<Mark size={16} aria-hidden="true" />}>{label}</Menu.RadioItem>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut().catch(failToast)}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function TopBar() {
  const [helpOpen, help] = useDisclosure(false);
  return (
    <header className={css.top}>
      <Breadcrumb />
      <button type="button" className={css.find} onClick={() => { spotlight.open(); }}>
        <IconSearch size={16} aria-hidden="true" /><span>Search or jump to…</span><Keys combo="mod+K" />
      </button>
      <div className={css.tools}>
        <JobTray />
        <IconButton label="Help for this page" onClick={help.open}><IconHelp size={20} /></IconButton>
        <UserMenu />
      </div>
      <HelpPanel opened={helpOpen} onOpen={help.open} onClose={help.close} />
    </header>
  );
}
