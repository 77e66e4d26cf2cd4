import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './report.module.css';

export interface WideColumn<T> {
  key: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** numbers stand to the right */
  left?: boolean;
  /** nothing stands in it for the total */
  only?: 'rows';
}

interface WideTableProps<T> {
  label: string;
  columns: readonly WideColumn<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  /** all rows together, counted once: not their sum */
  total?: T | undefined;
  totalName?: string;
  minWidth?: number;
}

/** A table of many figures: it scrolls in its box, the first column stays. */
export function WideTable<T>({ label, columns, rows, rowKey, total, totalName = 'All', minWidth = 900 }: WideTableProps<T>) {
  const align = (column: WideColumn<T>, n: number) => (n === 0 || column.left ? 'left' : 'right');
  const figures = (column: WideColumn<T>, n: number) => (align(column, n) === 'right' ? 'fd-num' : '');
  return (
    <Table.ScrollContainer minWidth={minWidth} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label } }}>
      <Table verticalSpacing="xs" className={css.table ?? ''}>
        <Table.Thead><Table.Tr>{columns.map((c, n) => <Table.Th key={c.key} scope="col" ta={align(c, n)}>{c.header}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {rows.map((row) => <Table.Tr key={rowKey(row)}>{columns.map((c, n) => <Table.Td key={c.key} ta={align(c, n)} className={figures(c, n)}>{c.cell(row)}</Table.Td>)}</Table.Tr>)}
        </Table.Tbody>
        {total !== undefined && (
          <Table.Tfoot>
            <Table.Tr>{columns.map((c, n) => (n === 0 ? <Table.Th key={c.key} scope="row">{totalName}</Table.Th> : <Table.Td key={c.key} ta={align(c, n)} className={figures(c, n)}>{c.only === 'rows' ? '' : c.cell(total)}</Table.Td>))}</Table.Tr>
          </Table.Tfoot>
        )}
      </Table>
    </Table.ScrollContainer>
  );
}
