import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Column } from '@/kit';
import { keyOf, type CampaignActivity } from './model';
import css from '../campaigns.module.css';

/** The activities on a phone: each a card with its controls below each other, named as the headings of the table are. */
export function Cards({ columns, rows }: { columns: readonly Column<CampaignActivity>[]; rows: readonly CampaignActivity[] }) {
  const cell = (key: string, row: CampaignActivity): ReactNode => columns.find((column) => column.key === key)?.cell(row);
  return (
    <ul className={css.cards} aria-label="Activities of the campaign">
      {rows.map((a) => (
        <li key={keyOf(a)}>
          <div className={css.cardHead}>
            <div className={css.grow}>{cell('name', a)}<Text size="xs" c="dimmed">{cell('kind', a)}</Text></div>
            <Group gap={4} wrap="nowrap">{cell('state', a)}{cell('actions', a)}</Group>
          </div>
          {columns.filter((column) => ['receives', 'widens', 'exempt'].includes(column.key)).map((column) => [
            <Text key={column.key} size="xs" c="dimmed">{column.header}</Text>,
            <div key={`${column.key}.value`} style={{ justifySelf: 'end', textAlign: 'right' }}>{column.cell(a)}</div>,
          ])}
        </li>
      ))}
    </ul>
  );
}
