import { Checkbox } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react';
import { useHotkeys } from '@mantine/hooks';
import { useRef, type FocusEvent, type KeyboardEvent, type MouseEvent } from 'react';
import { singleKeys } from '../page/keys';
import { AppLink } from '../routing/links';
import { shownCell } from './cells';
import type { Column, Noun } from './types';
import type { Rows } from './useRows';
import css from './list.module.css';

export interface DataTableProps<T> {
  view: Rows<T>;
  noun: Noun;
  compact: boolean;
  selectable: boolean;
  sort?: string | undefined;
  onSort?: ((sort: string | undefined) => void) | undefined;
  rowHref?: ((row: T) => string) | undefined;
  rowLabel: (row: T) => string;
  onPreview?: ((row: T) => void) | undefined;
}

function HeadCell<T>({ column, sort, onSort }: { column: Column<T>; sort: string | undefined; onSort: ((sort: string | undefined) => void) | undefined }) {
  const align = column.align === 'right' ? css.right : undefined;
  const width = column.width === undefined ? {} : { style: { width: column.width } };
  if (!column.sort || !onSort) return <th scope="col" className={align} {...width}>{column.header}</th>;
  const up = sort === column.sort, down = sort === `-${column.sort}`;
  const Arrow = up ? IconArrowUp : down ? IconArrowDown : IconArrowsSort;
  return (
    <th scope="col" className={align} aria-sort={up ? 'ascending' : down ? 'descending' : 'none'} {...width}>
      <button type="button" className={css.sort} data-on={up || down} onClick={() => { onSort(up ? `-${column.sort ?? ''}` : column.sort); }}>
        {column.header}<Arrow size={14} aria-hidden="true" opacity={up || down ? 1 : 0.5} />
      </button>
    </th>
  );
}

/** A row's link spans its row, so the browser takes it to be in sight wherever a wide list is scrolled to. */
function bringIntoSight({ currentTarget: list, target }: FocusEvent<HTMLElement>) {
  const { left, right, width } = list.getBoundingClientRect(), box = target.getBoundingClientRect();
  if (box.left < left) list.scrollLeft -= left - box.left;
  else if (box.right > right && box.width <= width) list.scrollLeft += box.right - right;
}

/** Sorting, selecting and reading on a wide screen. J and K walk the rows, X selects, Space previews. */
export function DataTable<T>({ view, noun, compact, selectable, sort, onSort, rowHref, rowLabel, onPreview }: DataTableProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { table, shown } = view;
  const rows = table.getRowModel().rows;

  useHotkeys([['J', () => {
    if (singleKeys() && !body.current?.contains(document.activeElement)) body.current?.querySelector<HTMLElement>('[data-row-link]')?.focus();
  }]]);

  const keys = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const tr = target.closest<HTMLTableRowElement>('tr[data-id]');
    if (!tr || (event.key !== ' ' && !singleKeys()) || target.matches('input:not([type=checkbox]), textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...(body.current?.querySelectorAll<HTMLTableRowElement>('tr[data-id]') ?? [])];
    const row = rows.find((r) => r.id === tr.dataset.id);
    const focus = (at: number) => all[at]?.querySelector<HTMLElement>('[data-row-link], input[type=checkbox]')?.focus();
    const act: Record<string, () => void> = {
      j: () => { focus(all.indexOf(tr) + 1); },
      k: () => { focus(all.indexOf(tr) - 1); },
      x: () => { if (selectable) row?.toggleSelected(); },
      ' ': () => { if (row && onPreview && target.matches('[data-row-link]')) onPreview(row.original); },
    };
    const run = act[event.key];
    if (!run || (event.key === ' ' && (!onPreview || !target.matches('[data-row-link]')))) return;
    event.preventDefault();
    run();
  };

  return (
    <div className={css.scroll} onFocus={bringIntoSight}>
      <table className={`${css.table ?? ''} ${compact ? css.compact ?? '' : ''}`}>
        <thead>
          <tr>
            {selectable && (
              <th className={css.check} scope="col">
                <Checkbox size="xs" aria-label={`Select the ${noun.many} shown`} checked={table.getIsAllRowsSelected()} indeterminate={table.getIsSomeRowsSelected()}
                  onChange={(event) => { table.toggleAllRowsSelected(event.currentTarget.checked); }} />
              </th>
            )}
            {shown.map((column) => <HeadCell key={column.key} column={column} sort={sort} onSort={onSort} />)}
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={keys}>
          {rows.map((row) => {
            const toggle = row.getToggleSelectedHandler();
            const item = row.original as T;
            return (
              <tr key={row.id} className={css.row} data-id={row.id} data-selected={row.getIsSelected()}>
                {selectable && (
                  <td className={css.check}>
                    <Checkbox size="xs" aria-label={`Select ${rowLabel(item)}`} checked={row.getIsSelected()} onChange={() => undefined}
                      onClick={(event: MouseEvent) => { toggle(event); }} />
                  </td>
                )}
                {shown.map((column, i) => (
                  <td key={column.key} className={column.align === 'right' ? css.right : undefined}>
                    {i === 0 && rowHref ? <AppLink href={rowHref(item)} underline="never" data-row-link>{column.cell(item)}</AppLink>
                      : i === 0 && onPreview ? <button type="button" className={css.rowButton} data-row-link onClick={() => { onPreview(item); }}>{column.cell(item)}</button>
                        : shownCell(column, item)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
