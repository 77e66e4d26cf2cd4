import { useDebouncedCallback } from '@mantine/hooks';
import { useCallback, useEffect, useRef, useState } from 'react';

const nameOf = (key: string) => `fidelia.draft.${key}`;

/** The draft of an object is of no use any more. */
export const forgetDraft = (key: string): void => { localStorage.removeItem(nameOf(key)); };

interface Stored<V> { at: string; values: V }

function read<V>(key: string): Stored<V> | null {
  try {
    const text = localStorage.getItem(key);
    return text ? JSON.parse(text) as Stored<V> : null;
  } catch {
    localStorage.removeItem(key); // not ours or cut off: an unreadable draft must not block the page
    return null;
  }
}

export interface Draft {
  /** when the draft that was brought back was written; null when there was none */
  restoredAt: string | null;
  /** when the draft was last written in this visit */
  savedAt: string | null;
  /** forget the draft: after saving or discarding */
  clear: () => void;
}

/** Keeps what is being edited through reloads and crashes. `key` names the object: `segment.5`. */
export function useDraft<V>(key: string | undefined, values: V, dirty: boolean, restore: (values: V) => void): Draft {
  const [restoredAt, setRestoredAt] = useState<string | null>(null);
  const [savedAt, setSavedAt] = useState<string | null>(null);
  const name = key === undefined ? undefined : nameOf(key);
  const apply = useRef(restore);
  useEffect(() => { apply.current = restore; });
  useEffect(() => {
    if (name === undefined) return;
    const found = read<V>(name);
    if (!found) return;
    apply.current(found.values);
    setRestoredAt(found.at);
  }, [name]);
  const write = useDebouncedCallback((next: V) => {
    if (name === undefined) return;
    const at = new Date().toISOString();
    localStorage.setItem(name, JSON.stringify({ at, values: next } satisfies Stored<V>));
    setSavedAt(at);
  }, 400);
  useEffect(() => { if (dirty && name !== undefined) write(values); }, [dirty, name, values, write]);
  const clear = useCallback(() => {
    write.cancel();
    if (name !== undefined) localStorage.removeItem(name);
    setRestoredAt(null);
    setSavedAt(null);
  }, [name, write]);
  return { restoredAt, savedAt, clear };
}
