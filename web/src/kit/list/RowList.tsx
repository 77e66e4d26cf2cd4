import { Checkbox } from '@mantine/core';
import { AppLink } from '../routing/links';
import { phoneParts } from './cells';
import type { DataTableProps } from './DataTable';
import css from './list.module.css';

/** The same rows on a phone: a list of two-line rows, not a bent table. */
export function RowList<T>({ view, selectable, rowHref, rowLabel, onPreview }: DataTableProps<T>) {
  const { table, shown } = view;
  return (
    <ul className={css.list}>
      {table.getRowModel().rows.map((row) => {
        const item = row.original as T;
        const { name, beside, below, menu } = phoneParts(shown, item);
        return (
          <li key={row.id} className={`${css.item ?? ''} ${css.row ?? ''}`} data-selected={row.getIsSelected()}>
            {selectable && <Checkbox aria-label={`Select ${rowLabel(item)}`} checked={row.getIsSelected()} onChange={(event) => { row.toggleSelected(event.currentTarget.checked); }} />}
            <div className={css.itemText}>
              <div className={css.itemTop}>
                {rowHref ? <AppLink href={rowHref(item)} underline="never" data-row-link>{name}</AppLink>
                  : onPreview ? <button type="button" className={css.rowButton} data-row-link onClick={() => { onPreview(item); }}>{name}</button>
                    : <strong className={css.itemName}>{name}</strong>}
                {beside.map(({ column, cell }) => <span key={column.key} className={css.beside}>{cell}</span>)}
              </div>
              {below.length > 0 && <div className={css.second}>{below.map(({ column, cell }) => <span key={column.key}>{column.align === 'right' && `${column.header} `}{cell}</span>)}</div>}
            </div>
            {menu}
          </li>
        );
      })}
    </ul>
  );
}
