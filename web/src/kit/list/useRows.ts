import { columnVisibilityFeature, createColumnHelper, rowSelectionFeature, tableFeatures, useTable, type RowSelectionState } from '@tanstack/react-table';
import { useLocalStorage } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { Column, Selection } from './types';

const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });

/** Columns as the address has them, else as this person chose them last for this list. */
function useVisibility<T>(columns: readonly Column<T>[], storageKey: string, addressed: Readonly<Record<string, boolean>> | null) {
  const [chosen, setChosen] = useLocalStorage<Record<string, boolean>>({ key: `fidelia.columns.${storageKey}`, defaultValue: {}, getInitialValueInEffect: false });
  const visibility = useMemo(() => {
    const out: Record<string, boolean> = {};
    columns.forEach((column, i) => {
      if (i > 0 && !column.locked) out[column.key] = (addressed ?? chosen)[column.key] ?? !column.hidden;
    });
    return out;
  }, [columns, chosen, addressed]);
  return { visibility, chosen: addressed ?? chosen, setChosen };
}

export interface RowsInput<T> {
  columns: readonly Column<T>[];
  rows: T[];
  rowKey: (row: T) => string | number;
  storageKey: string;
  total: number | null;
  /** columns that the address switches */
  addressed: Readonly<Record<string, boolean>> | null;
  onColumns: (columns: Readonly<Record<string, boolean>>) => void;
}

/** Wires rows, visible columns and selection (with Shift ranges) together. */
export function useRows<T>({ columns, rows, rowKey, storageKey, total, addressed, onColumns }: RowsInput<T>) {
  const { visibility, chosen, setChosen } = useVisibility(columns, storageKey, addressed);
  const [rowSelection, setRowSelection] = useState<RowSelectionState>({});
  const [all, setAll] = useState(false);
  const defs = useMemo(() => {
    const helper = createColumnHelper<typeof features, T & object>();
    return columns.map((column) => helper.display({ id: column.key, header: column.header }));
  }, [columns]);
  const table = useTable({
    features,
    columns: defs,
    data: rows as (T & object)[],
    getRowId: (row) => String(rowKey(row)),
    state: { columnVisibility: visibility, rowSelection },
    onRowSelectionChange: (next) => {
      setAll(false);
      setRowSelection(next);
    },
  });
  const byKey = useMemo(() => new Map(columns.map((c) => [c.key, c])), [columns]);
  const shown = table.getVisibleLeafColumns().flatMap((c) => byKey.get(c.id) ?? []);
  const ids = Object.keys(rowSelection).filter((id) => rowSelection[id]);
  const selection: Selection = { ids, all, count: all ? total : ids.length };
  return {
    table, shown, visibility, chosen, selection,
    setVisible: (key: string, on: boolean) => {
      const usual = !columns.find((column) => column.key === key)?.hidden;
      const next = Object.fromEntries([...Object.entries(chosen).filter(([k]) => k !== key), ...(on === usual ? [] : [[key, on]])]) as Record<string, boolean>;
      setChosen(next);
      onColumns(next);
    },
    selectAllMatching: () => { setAll(true); },
    clearSelection: () => {
      setAll(false);
      setRowSelection({});
    },
  };
}

export type Rows<T> = ReturnType<typeof useRows<T>>;
