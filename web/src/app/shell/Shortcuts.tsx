import { useEffect, useRef } from 'react';
import { singleKeys, useGo } from '@/kit';
import { useMenu } from './menu';

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** G, then a letter: go to a place. */
export function Shortcuts() {
  const menu = useMenu();
  const go = useGo();
  const armed = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !singleKeys()) return;
      const key = event.key.toLowerCase();
      if (Date.now() - armed.current < 1200) {
        armed.current = 0;
        const entry = [...menu.groups.flatMap((g) => g.entries), ...menu.below].find((e) => e.key === key);
        if (entry) {
          event.preventDefault();
          go(entry.href);
        }
      } else if (key === 'g') armed.current = Date.now();
    };
    window.addEventListener('keydown', onKey);
    return () => { window.removeEventListener('keydown', onKey); };
  }, [menu, go]);
  return null;
}
