import { useLocalStorage } from '@mantine/hooks';
import { useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { usePageMeta } from '@/kit';
import type { Found } from './search';

const KEEP = 6;

/** Objects opened last on this machine; an object is a page below a list. */
export function useRecent(): readonly Found[] {
  const { title, crumbs } = usePageMeta();
  const { pathname } = useLocation();
  const [recent, setRecent] = useLocalStorage<Found[]>({ key: 'fidelia.recent', defaultValue: [], getInitialValueInEffect: false });
  const area = crumbs[0]?.label;
  useEffect(() => {
    if (!title || !area || title === area || !/\/\d+$/.test(pathname)) return;
    setRecent((before) => [{ id: pathname, label: title, note: area, href: pathname }, ...before.filter((r) => r.href !== pathname)].slice(0, KEEP));
  }, [title, area, pathname, setRecent]);
  return recent.filter((r) => r.href !== pathname);
}
