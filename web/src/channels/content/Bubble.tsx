import { Text } from '@mantine/core';
import { Details } from '@/kit';
import type { ContentField } from '../model';
import css from './bubble.module.css';

const shownValue = (field: ContentField, value: string): string => (field.type === 'boolean' ? (/^(true|yes|1|on)$/i.test(value) ? 'yes' : 'no') : field.options.find((o) => o.value === value)?.label ?? value);

/** A message as it stands on somebody's screen: its words in a bubble, an address as a button, the rest beneath. */
export function Bubble({ fields, values, name, from }: { fields: readonly ContentField[]; values: Readonly<Record<string, string>>; name: string; from: string }) {
  const filled = fields.filter((f) => (values[f.key] ?? '').trim() !== '');
  const main = filled.find((f) => f.type === 'long_text') ?? filled.find((f) => f.type === 'text');
  const link = filled.find((f) => f.type === 'url');
  const button = link && filled.find((f) => f !== main && f.type === 'text' && f.key.startsWith(link.key.replace(/_?(url|link|address)$/, '')));
  const rest = filled.filter((f) => f !== main && f !== link && f !== button);
  return (
    <div className={css.screen} role="group" aria-label={name}>
      <Text size="xs" c="dimmed" ta="center" mb={8}>{from}</Text>
      <div className={css.bubble}>{main ? values[main.key] : <Text span inherit c="dimmed">No text yet</Text>}</div>
      {link && <div className={css.button}>{button ? values[button.key] : values[link.key]}{button && <Text span size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{values[link.key]}</Text>}</div>}
      {rest.length > 0 && <div className={css.rest}><Details items={rest.map((f) => [f.label, shownValue(f, values[f.key] ?? '')])} /></div>}
    </div>
  );
}
