import { Text } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';
import { formatNumber } from '../format/number';
import type { Tone } from '../theme/tokens';
import { AppLink } from '../routing/links';
import css from './figures.module.css';

export interface SumPart {
  label: string;
  value: number;
  tone?: Tone;
  /** the control group is grey and dashed everywhere */
  control?: boolean;
  /** the people behind this part */
  href?: string;
}

/** A total and the parts that sum to it: `846 sent · 20 in flight · 250 waiting = 1,116`. */
export function SumBar({ parts, label, total }: { parts: readonly SumPart[]; label: string; total?: ReactNode }) {
  const sum = parts.reduce((all, part) => all + part.value, 0);
  const shown = parts.filter((part) => part.value > 0);
  return (
    <div role="group" aria-label={label}>
      <div className={css.sumBar} aria-hidden="true">
        {shown.map((part) => <span key={part.label} data-control={part.control} style={{ flexGrow: part.value, background: part.control ? undefined : part.tone ? `var(--fd-${part.tone}-text)` : 'var(--mantine-color-default-border)' }} />)}
      </div>
      <Text component="div" mt={6}>
        {parts.map((part, i) => (
          <Fragment key={part.label}>
            {i > 0 && ' · '}
            {part.href ? <AppLink href={part.href}><span><span className="fd-num">{formatNumber(part.value)}</span> {part.label}</span></AppLink> : <><span className="fd-num">{formatNumber(part.value)}</span> {part.label}</>}
          </Fragment>
        ))}
        {' = '}<strong>{total ?? <span className="fd-num">{formatNumber(sum)}</span>}</strong>
      </Text>
    </div>
  );
}
