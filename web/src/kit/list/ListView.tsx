import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { useMemo, type ReactNode } from 'react';
import type { ListQuery } from '@/api/list';
import { formatNumber } from '../format/number';
import { formatStamp } from '../format/time';
import { NoMatch } from '../states/Empty';
import { useAnnounce } from '../states/announce';
import { Delayed, RefetchBar, SkeletonRows } from '../states/Loading';
import { PanelError } from '../states/PanelError';
import { BulkBar } from './BulkBar';
import { DataTable } from './DataTable';
import { ListToolbar, type Density } from './ListToolbar';
import { RowList } from './RowList';
import type { BulkAction, Column, FilterDef, Noun } from './types';
import type { ListState } from './useListState';
import { useRows } from './useRows';
import { useViews } from './useViews';
import { ViewMenu, ViewTabs } from './ViewBar';
import css from './list.module.css';

export interface ListViewProps<T> {
  /** remembers columns, so it is unique: `segments`, `profiles.1` */
  name: string;
  query: ListQuery<T>;
  state: ListState;
  columns: readonly Column<T>[];
  rowKey: (row: T) => string | number;
  /** the row in words, for the screen reader */
  rowLabel: (row: T) => string;
  rowHref?: (row: T) => string;
  onPreview?: (row: T) => void;
  noun: Noun;
  /** null: this list has no search */
  searchLabel?: string | null;
  filters?: readonly FilterDef[];
  bulk?: readonly BulkAction[];
  /** nothing there and nothing filtered: first use or all done */
  empty: ReactNode;
  /** a file of what the search and the filters leave, never of more */
  onExport?: () => void;
  /** in place of the chooser of these columns: one that knows more of them */
  columnMenu?: ReactNode;
  /** views of it can be kept; on for lists with a page of their own */
  saved?: boolean;
  /** beside the filters */
  extra?: ReactNode;
  /** in place of the table: another way to show the rows, such as pictures */
  body?: ((rows: readonly T[]) => ReactNode) | undefined;
}

/** A list inside a page: tools, table (rows on a phone), paging, totals and all its empty states. */
export function ListView<T>(props: ListViewProps<T>) {
  const { name, query, state, columns, rowKey, rowLabel, rowHref, onPreview, noun, filters = [], bulk = [], empty, onExport, columnMenu, extra, body, saved = false } = props;
  const searchLabel = props.searchLabel === undefined ? `Search ${noun.many}` : props.searchLabel;
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const [density, setDensity] = useLocalStorage<Density>({ key: 'fidelia.density', defaultValue: 'comfortable', getInitialValueInEffect: false });
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const total = pages?.at(-1)?.total ?? pages?.[0]?.total ?? null;
  const shown = total === null ? `${formatNumber(rows.length)} shown` : `${formatNumber(rows.length)} of ${formatNumber(total)} ${total === 1 ? noun.one : noun.many}`;
  useAnnounce(pages && shown);
  const view = useRows({ columns, rows, rowKey, storageKey: name, total, addressed: state.columns, onColumns: state.setColumns });
  const views = useViews(name, state, view.chosen, saved);
  const selectable = bulk.length > 0;
  const table = { view, noun, compact: density === 'compact', selectable, sort: state.sort, onSort: state.setSort, rowHref, rowLabel, onPreview };

  if (query.data === undefined && query.error) return <PanelError error={query.error} what={`the ${noun.many}`} onRetry={() => void query.refetch()} />;
  if (pages && rows.length === 0 && !state.narrowed && state.view === null) return <>{empty}</>;
  const many = total === 1 ? noun.one : noun.many, n = total === null ? '' : `${formatNumber(total)} `;
  const exporting = onExport && rows.length > 0 ? { label: state.narrowed ? `Export the ${n}${many} found` : `Export all ${n}${many}`, run: onExport } : undefined;
  const hints = filters.flatMap((f) => (state.filter[f.key]?.length ? [f.label] : []));
  return (
    <Stack gap="sm">
      {saved && <ViewTabs state={state} views={views} />}
      <ListToolbar state={state} searchLabel={searchLabel} filters={filters} columns={columns} visibility={view.visibility} onVisible={view.setVisible}
        narrow={narrow} density={density} onDensity={setDensity} exporting={exporting} columnMenu={columnMenu} extra={extra} views={saved ? <ViewMenu state={state} views={views} /> : null} />
      {selectable && (view.selection.all || view.selection.ids.length > 0) && (
        <BulkBar selection={view.selection} actions={bulk} noun={noun} total={total} canSelectAll={query.hasNextPage && view.selection.ids.length === rows.length}
          onSelectAll={view.selectAllMatching} onClear={view.clearSelection} />
      )}
      {query.error && <PanelError error={query.error} what={`the ${noun.many}`} onRetry={() => void query.refetch()} />}
      {!pages && !query.error && <Delayed><SkeletonRows /></Delayed>}
      {pages && rows.length === 0 && <NoMatch noun={noun.one} q={state.q} filters={hints} onClear={state.view === null || state.narrowed ? state.clear : state.reset} />}
      {rows.length > 0 && (
        <Paper className={css.box ?? ''}>
          <RefetchBar on={query.isFetching && !query.isFetchingNextPage} />
          {body ? <div className={css.gallery}>{body(rows)}</div> : narrow ? <RowList {...table} /> : <DataTable {...table} />}
        </Paper>
      )}
      {rows.length > 0 && (
        <div className={css.foot}>
          <Text size="xs" c="dimmed">
            {shown}
            {query.dataUpdatedAt > 0 && ` · as of ${formatStamp(new Date(query.dataUpdatedAt), { seconds: true, showZone: true }).split(', ')[1] ?? ''}`}
          </Text>
          {query.hasNextPage && (
            <Group><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Load more</Button></Group>
          )}
        </div>
      )}
    </Stack>
  );
}
