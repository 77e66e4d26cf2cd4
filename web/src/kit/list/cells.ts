import type { ReactNode } from 'react';
import { NO_VALUE } from '../format/locale';
import type { Column } from './types';

const nothing = (cell: ReactNode): boolean => cell === null || cell === undefined || cell === '' || cell === NO_VALUE;

/** Nothing to show is a dash, never a hole. */
export function shownCell<T>(column: Column<T>, row: T): ReactNode {
  const cell = column.cell(row);
  return nothing(cell) ? NO_VALUE : cell;
}

/** What a phone's row says of a person or thing: who it is, what stands beside, what stands below, and its menu. */
export function phoneParts<T>(columns: readonly Column<T>[], row: T) {
  const [first, ...rest] = columns;
  const name = first?.cell(row);
  const parts = rest.map((column) => ({ column, cell: column.cell(row) }));
  return {
    name,
    beside: parts.filter(({ column, cell }) => column.priority === 1 && column.key !== 'actions' && !nothing(cell)),
    below: parts.filter(({ column, cell }) => (column.priority ?? 2) === 2 && column.key !== 'actions' && !nothing(cell) && !(typeof cell === 'string' && cell === name)),
    menu: parts.find(({ column }) => column.key === 'actions' && (column.priority ?? 1) === 1)?.cell,
  };
}
