import { Paper, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './form.module.css';

/** A titled card: a part of a form, or a panel of a page. */
export function Section({ title, text, actions, children }: { title?: string; text?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <Paper component="section" className={css.section ?? ''} {...(title ? { 'aria-label': title } : {})}>
      {title && (
        <div className={css.sectionHead} style={{ display: 'flex', flexWrap: 'wrap', gap: '8px 12px', justifyContent: 'space-between', alignItems: 'flex-start' }}>
          <div style={{ flex: text ? '1 1 176px' : '1 1 auto', minWidth: 0 }}>
            <Title order={2} size="h3">{title}</Title>
            {text && <p>{text}</p>}
          </div>
          {actions && <div style={{ flexShrink: 0 }}>{actions}</div>}
        </div>
      )}
      {children}
    </Paper>
  );
}
