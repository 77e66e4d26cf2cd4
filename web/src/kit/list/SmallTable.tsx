import { useMediaQuery } from '@mantine/hooks';
import { phoneParts, shownCell } from './cells';
import type { Column } from './types';
import css from './list.module.css';

export interface SmallTableProps<T> {
  /** for the screen reader: "Links of the mailing" */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
}

/** A table of a few rows inside a section: no search, no paging; on a phone two-line rows. */
export function SmallTable<T>({ label, columns, rows, rowKey }: SmallTableProps<T>) {
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  if (narrow) {
    return (
      <ul className={`${css.list ?? ''} ${css.bare ?? ''}`} aria-label={label}>
        {rows.map((row) => {
          const { name, beside, below, menu } = phoneParts(columns, row);
          return (
            <li key={rowKey(row)} className={css.item}>
              <div className={css.itemText}>
                <div className={css.itemTop}><span className={css.itemName}>{name}</span>{beside.map(({ column, cell }) => <span key={column.key} className={css.beside}>{cell}</span>)}</div>
                {below.length > 0 && <div className={css.second}>{below.map(({ column, cell }) => <span key={column.key}>{column.align === 'right' && `${column.header} `}{cell}</span>)}</div>}
              </div>
              {menu}
            </li>
          );
        })}
      </ul>
    );
  }
  return (
    <div className={css.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={`${css.table ?? ''} ${css.bare ?? ''}`}>
        <thead>
          <tr>{columns.map((column) => <th key={column.key} scope="col" className={column.align === 'right' ? css.right : undefined}>{column.key === 'actions' ? <span className="fd-live">{column.header}</span> : column.header}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>{columns.map((column) => <td key={column.key} className={column.align === 'right' ? css.right : undefined}>{shownCell(column, row)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
