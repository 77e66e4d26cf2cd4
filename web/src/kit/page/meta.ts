import { useEffect, useSyncExternalStore, type ReactNode } from 'react';

export interface Crumb { label: string; href: string }

/** What an action of a page is: a button, a palette entry and a shortcut in one. */
export interface PageAction {
  label: string;
  icon?: ReactNode;
  href?: string;
  onClick?: () => void;
  /** Mantine hotkey, such as `mod+S` or `N`; shown beside the label, off in inputs. */
  shortcut?: string;
  danger?: boolean;
  loading?: boolean;
  disabled?: boolean;
  /** why it cannot be used now; shown as a tooltip */
  reason?: string;
}

export interface PageHelp {
  /** three sentences on this page */
  text: string;
  guide?: string;
  api?: string;
}

export interface PageMeta {
  title: string;
  crumbs: readonly Crumb[];
  help: PageHelp | null;
  actions: readonly PageAction[];
}

const nothing: PageMeta = { title: '', crumbs: [], help: null, actions: [] };
let current = nothing;
const listeners = new Set<() => void>();

function publish(next: PageMeta): void {
  current = next;
  listeners.forEach((call) => { call(); });
}

/** What the shell shows of the page on the screen: breadcrumb, help, actions of the palette. */
export function usePageMeta(): PageMeta {
  return useSyncExternalStore((call) => {
    listeners.add(call);
    return () => listeners.delete(call);
  }, () => current);
}

export function usePublishMeta(meta: PageMeta, progress?: number | null): void {
  useEffect(() => { publish(meta); });
  useEffect(() => () => { publish(nothing); }, []);
  const area = meta.crumbs[0]?.label;
  const name = [meta.title, area !== meta.title ? area : undefined, 'Fidelia'].filter(Boolean).join(' – ');
  const title = progress === null || progress === undefined ? name : `${Math.floor(progress * 100)} % ${name}`;
  useEffect(() => { document.title = title; }, [title]);
}

let navigated = false;
/** After the first page, a new page takes the focus to its heading. */
export function noteNavigation(): void {
  navigated = true;
}
export const afterNavigation = (): boolean => navigated;
