import { useEffect, useRef, useState } from 'react';

const GAP = 1500;
let say: ((text: string) => void) | null = null;

/** Tells the screen reader, politely, once a figure has settled: `announce('342 people')`. At most one every 1.5 s; the last one counts. */
export function announce(text: string): void {
  say?.(text);
}

/** Says the text whenever it becomes another one; nothing while it is empty. */
export function useAnnounce(text: string | undefined): void {
  useEffect(() => { if (text) announce(text); }, [text]);
}

/** Says a sentence that follows what is typed, once it is another than at first; `undefined` while it is not known. */
export function useAnnounceChange(text: string | undefined): void {
  const last = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!text) return;
    if (last.current !== undefined && last.current !== text) announce(text);
    last.current = text;
  }, [text]);
}

/** The application's one polite live region; stands in the provider. */
export function LiveRegion() {
  const [text, setText] = useState('');
  useEffect(() => {
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    say = (next) => {
      clearTimeout(timer);
      const speak = () => { last = Date.now(); setText(next); };
      const wait = last + GAP - Date.now();
      if (wait <= 0) speak();
      else timer = setTimeout(speak, wait);
    };
    return () => {
      clearTimeout(timer);
      say = null;
    };
  }, []);
  return <div role="status" aria-live="polite" className="fd-live">{text}</div>;
}
