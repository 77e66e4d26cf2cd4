import { Drawer } from '@mantine/core';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useCanAny } from '@/api/session';
import { rememberFocus } from '../confirm/focus';
import { DrawerContext } from '../form/LeaveGuard';
import { useSearchParam } from '../routing/search';
import { NoRight } from '../states/Empty';
import { Delayed, SkeletonPanel } from '../states/Loading';
import { Unloaded } from '../states/Unloaded';

/** `?drawer=profile:17`: what is open beside the page, and of which object. */
export function useDrawer(name: string): { value: string | null; open: (value?: string | number) => void; close: () => void } {
  const [raw, set] = useSearchParam('drawer');
  const [kind, ...rest] = (raw ?? '').split(':');
  const open = useCallback((value?: string | number) => { set(value === undefined ? name : `${name}:${value}`); }, [name, set]);
  const close = useCallback(() => { set(undefined); }, [set]);
  return { value: kind === name ? rest.join(':') : null, open, close };
}

export interface SideDrawerProps {
  /** the drawer's name in the address */
  name: string;
  title: ReactNode;
  size?: 480 | 720;
  /** without it, whoever follows a link here is told so and sees no form */
  right?: string | undefined;
  /** gets what stands behind the name: `17` of `profile:17`; null or undefined while it is not known */
  children: (value: string) => ReactNode;
}

/** A look at something without losing the place; opened with `useDrawer(name).open(id)`, closed by Back or Esc; a form with unsaved text in it asks first. */
export function SideDrawer({ name, title, size = 480, right, children }: SideDrawerProps) {
  const { value, close } = useDrawer(name);
  const may = useCanAny()(right);
  const body = useRef<HTMLDivElement>(null);
  const open = value !== null;
  const [asking, setAsking] = useState(false);
  const context = useMemo(() => ({ onAsking: setAsking }), []);
  useEffect(() => {
    if (!open) return;
    const restore = rememberFocus();
    // the first thing in the drawer is its close button; who opens a form wants to write
    const timer = setTimeout(() => {
      const box = body.current;
      if (box && !box.contains(document.activeElement)) box.querySelector<HTMLElement>('input:not([type=hidden], [readonly], :disabled), textarea:not(:disabled)')?.focus();
    }, 60);
    return () => { clearTimeout(timer); restore(); };
  }, [open]);
  return (
    <Drawer opened={value !== null} onClose={close} title={title} size={size} closeOnEscape={!asking} closeOnClickOutside={!asking} closeButtonProps={{ 'aria-label': 'Close' }}>
      <DrawerContext value={context}>
        <div ref={body}>{value !== null && <Unloaded />}{value !== null && (may ? children(value) ?? <Delayed><SkeletonPanel /></Delayed> : <NoRight what="do this" {...(right ? { right } : {})} />)}</div>
      </DrawerContext>
    </Drawer>
  );
}
