import { useEffect, useState } from 'react';

function read<V>(name: string, first: V): V {
  try {
    const text = sessionStorage.getItem(name);
    return text === null ? first : JSON.parse(text) as V;
  } catch {
    return first; // cut off or not ours: begin anew
  }
}

/** State that stays through a reload and on the way to another program, in this tab of the browser. */
export function useKept<V>(key: string, first: V): readonly [V, (next: V | ((before: V) => V)) => void] {
  const name = `fidelia.${key}`;
  const [value, setValue] = useState<V>(() => read(name, first));
  useEffect(() => { sessionStorage.setItem(name, JSON.stringify(value)); }, [name, value]);
  return [value, setValue];
}
