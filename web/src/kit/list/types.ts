import type { ReactNode } from 'react';

export interface Column<T> {
  key: string;
  /** the heading; also its name in the columns chooser */
  header: string;
  cell: (row: T) => ReactNode;
  /** the API's sort field; makes the heading a button */
  sort?: string;
  align?: 'left' | 'right';
  /** on a phone: 1 = title line, 2 = second line, 3 = not shown (open the row) */
  priority?: 1 | 2 | 3;
  width?: number | string;
  /** cannot be hidden; the first column always is */
  locked?: boolean;
  /** hidden until chosen */
  hidden?: boolean;
}

export interface FilterDef {
  key: string;
  label: string;
  /** `count`: how many rows there would be */
  options: readonly { value: string; label: string; count?: number }[];
  /** several values at once; one otherwise */
  multiple?: boolean;
}

export interface Noun {
  one: string;
  many: string;
}

/** What a bulk action works on: the named rows, or everything that matches the filters. */
export interface Selection {
  ids: string[];
  all: boolean;
  /** null while the total is unknown */
  count: number | null;
}

export interface BulkAction {
  /** verb + object + number: `(n) => \`Archive ${n} segments\`` */
  label: (count: string) => string;
  icon?: ReactNode;
  danger?: boolean;
  /** resolve to clear the selection; with `false` it stays, because nothing was done */
  run: (selection: Selection) => unknown;
  /** the API cannot do it for everything that matches */
  pageOnly?: boolean;
  /** why it cannot be done with this selection, and what to do; null: it can */
  refusal?: (selection: Selection) => string | null;
}
