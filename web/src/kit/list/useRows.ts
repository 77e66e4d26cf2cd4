import { columnVisibilityFeature, createColumnHelper, rowSelectionFeature, tableFeatures, useTable, type RowSelectionState } from '@tanstack/react-table';
import { useLocalStorage } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { Column, Selection } from './types';

const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });

/** Columns chosen by this person for this list. */
function useVisibility<T>(columns: readonly Column<T>[], storageKey: string) {
  const [chosen, setChosen] = useLocalStorage<Record<string, boolean>>({ key: `fidelia.columns.${storageKey}`, defaultValue: {}, getInitialValueInEffect: false });
  const visibility = useMemo(() => {
    const out: Record<string, boolean> = {};
    columns.forEach((column, i) => {
      if (i > 0 && !column.locked) out[column.key] = chosen[column.key] ?? !column.hidden;
    });
    return out;
  }, [columns, chosen]);
  return { visibility, setChosen };
}

export interface RowsInput<T> {
  columns: readonly Column<T>[];
  rows: T[];
  rowKey: (row: T) => string | number;
  storageKey: string;
  total: number | null;
}

/** Wires rows, visible columns and selection (with Shift ranges) together. */
export function useRows<T>({ columns, rows, rowKey, storageKey, total }: RowsInput<T>) {
  const { visibility, setChosen } = useVisibility(columns, storageKey);
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
    table, shown, visibility, selection,
    setVisible: (key: string, on: boolean) => { setChosen((before) => ({ ...before, [key]: on })); },
    selectAllMatching: () => { setAll(true); },
    clearSelection: () => {
      setAll(false);
      setRowSelection({});
    },
  };
}

export type Rows<T> = ReturnType<typeof useRows<T>>;
