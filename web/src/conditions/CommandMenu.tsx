import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './conditions.module.css';
import type { Command } from './narrow';

/** Commands behind one small button; nothing when there are none. */
export function CommandMenu({ label, icon, items }: { label: string; icon: ReactNode; items: readonly Command[] }) {
  if (items.length === 0) return null;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target><button type="button" className={css.remove} aria-label={label}>{icon}</button></Menu.Target>
      <Menu.Dropdown>{items.map(([words, run]) => <Menu.Item key={words} onClick={run}>{words}</Menu.Item>)}</Menu.Dropdown>
    </Menu>
  );
}

/** Takes a part of a line back. */
export function TakeBack({ label, onClick }: { label: string; onClick: () => void }) {
  return <button type="button" className={css.small} aria-label={label} title={label} onClick={onClick}>✕</button>;
}
