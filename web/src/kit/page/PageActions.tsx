import { Button, Menu, Tooltip, type ButtonProps } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Keys } from '../figures/Keys';
import { ButtonLink, IconButton, useGo } from '../routing/links';
import type { PageAction } from './meta';

/** A page action as a button. */
export function ActionButton({ action, ...rest }: { action: PageAction } & ButtonProps) {
  const common: ButtonProps = {
    ...rest,
    ...(action.icon ? { leftSection: action.icon } : {}),
    ...(action.danger ? { color: 'clay' } : {}),
    disabled: action.disabled ?? false,
    loading: action.loading ?? false,
  };
  const button = action.href !== undefined && !action.disabled
    ? <ButtonLink {...common} href={action.href}>{action.label}</ButtonLink>
    : <Button {...common} {...(action.onClick ? { onClick: action.onClick } : {})}>{action.label}</Button>;
  return action.reason ? <Tooltip label={action.reason}><span>{button}</span></Tooltip> : button;
}

export interface MenuActionsProps {
  actions: readonly PageAction[];
  label?: string;
  target?: ReactNode;
  /** a page's own menu has a border like its buttons; one in a row has none */
  variant?: 'default' | 'subtle';
}

/** A ⋯ menu. Entries without "…" act at once; with "…" they ask first. */
export function MenuActions({ actions, label = 'More actions', target, variant = 'subtle' }: MenuActionsProps) {
  const go = useGo();
  if (actions.length === 0) return null;
  return (
    <Menu position="bottom-end" shadow="md" width={240}>
      <Menu.Target>{target ?? <IconButton label={label} variant={variant}><IconDots size={18} /></IconButton>}</Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Menu.Item key={action.label} disabled={action.disabled ?? false} {...(action.danger ? { color: 'clay' } : {})}
            {...(action.icon ? { leftSection: action.icon } : {})}
            {...(action.shortcut ? { rightSection: <Keys combo={action.shortcut} /> } : {})}
            onClick={() => {
              if (action.href !== undefined) go(action.href);
              else action.onClick?.();
            }}>
            {action.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function PageActions({ primary, secondary }: { primary?: PageAction | undefined; secondary: readonly PageAction[] }) {
  return (
    <>
      {secondary.map((action) => <ActionButton key={action.label} action={action} variant="default" />)}
      {primary && <ActionButton action={primary} />}
    </>
  );
}
