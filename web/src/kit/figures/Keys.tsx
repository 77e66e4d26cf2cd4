import { Kbd } from '@mantine/core';

const mac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);
const names: Record<string, string> = { mod: mac ? '⌘' : 'Ctrl', ctrl: 'Ctrl', shift: 'Shift', alt: mac ? '⌥' : 'Alt', enter: 'Enter', escape: 'Esc', arrowup: '↑', arrowdown: '↓' };

/** A key combination in the words of the reader's keyboard: `mod+K` → Ctrl K or ⌘ K. `plain` inside buttons. */
export function Keys({ combo, plain = false }: { combo: string; plain?: boolean }) {
  const words = combo.split('+').map((key) => names[key.toLowerCase()] ?? key.toUpperCase());
  if (plain) return <span style={{ fontSize: 12, fontWeight: 400 }}>{words.join(' ')}</span>;
  return <Kbd size="xs">{words.join(' ')}</Kbd>;
}
