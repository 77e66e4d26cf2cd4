import { ActionIcon, Anchor, Button, Tooltip, type ActionIconProps, type AnchorProps, type ButtonProps } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useCallback, type MouseEvent, type ReactNode, type Ref } from 'react';

/** True for a click the browser itself should handle: new tab, new window, download. */
function left(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;
}

/** Navigate to a path inside the application, such as `/segments/5?tab=runs`. */
export function useGo(): (href: string, options?: { replace?: boolean }) => void {
  const router = useRouter();
  return useCallback((href, options) => void router.navigate({ href, replace: options?.replace ?? false }), [router]);
}

/** Props that make any `<a>` an application link: a real address, no page load. */
export function useLinkProps(href: string): { href: string; onClick: (event: MouseEvent<HTMLElement>) => void } {
  const go = useGo();
  return {
    href,
    onClick: (event) => {
      if (!left(event)) return;
      event.preventDefault();
      go(href);
    },
  };
}

interface LinkBase { href: string; children?: ReactNode }

export function AppLink({ href, children, ...rest }: LinkBase & AnchorProps & { 'aria-label'?: string; 'data-row-link'?: boolean; 'aria-current'?: 'page' }) {
  return <Anchor inherit {...rest} {...useLinkProps(href)}>{children}</Anchor>;
}

export function ButtonLink({ href, children, ...rest }: LinkBase & ButtonProps) {
  return <Button component="a" {...rest} {...useLinkProps(href)}>{children}</Button>;
}

export function IconLink({ href, label, children, ...rest }: LinkBase & ActionIconProps & { label: string }) {
  return (
    <Tooltip label={label}>
      <ActionIcon component="a" aria-label={label} {...rest} {...useLinkProps(href)}>{children}</ActionIcon>
    </Tooltip>
  );
}

export function IconButton({ label, children, ref, ...rest }: ActionIconProps & { label: string; children: ReactNode; onClick?: () => void; ref?: Ref<HTMLButtonElement>; 'aria-expanded'?: boolean; 'aria-pressed'?: boolean }) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} {...rest} {...(ref ? { ref } : {})}>{children}</ActionIcon>
    </Tooltip>
  );
}
