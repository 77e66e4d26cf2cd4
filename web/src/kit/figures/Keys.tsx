import { Kbd } from '@mantine/core';

const mac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);
const names: Record<string, string> = { mod: mac ? '⌘' : 'Ctrl', ctrl: 'Ctrl', shift: 'Shift', alt: mac ? '⌥' : 'Alt', enter: 'Enter', escape: 'Esc', arrowup: '↑', arrowdown: '↓' };

/** A key combination in the words of the reader's keyboard: `mod+K` → Ctrl K or ⌘ K. */
export function Keys({ combo }: { combo: string }) {
  const words = combo.split('+').map((key) => names[key.toLowerCase()] ?? key.toUpperCase());
  return <Kbd size="xs">{words.join(' ')}</Kbd>;
}
