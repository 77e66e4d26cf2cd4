import { Button, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { AllDone, formatNumber, ListView, useListState, type Column } from '@/kit';
import type { Import } from './model';

type Row = components['schemas']['ReportedRow'];
export type RowKind = 'rejected' | 'duplicates';

const noun = { rejected: { one: 'rejected row', many: 'rejected rows' }, duplicates: { one: 'repeated row', many: 'repeated rows' } } as const;

const lines = (row: Row, of: (fault: Row['faults'][number]) => string) => <Stack gap={2}>{row.faults.map((fault, i) => <Text span size="sm" key={i} style={{ overflowWrap: 'anywhere' }}>{of(fault) || '–'}</Text>)}</Stack>;

const columns: Column<Row>[] = [
  { key: 'row', header: 'Row', cell: (r) => `Row ${formatNumber(r.row)}` },
  { key: 'column', header: 'Column', priority: 3, cell: (r) => lines(r, (f) => f.column) },
  { key: 'value', header: 'Value', priority: 3, cell: (r) => lines(r, (f) => f.value) },
  { key: 'reason', header: 'Why', priority: 2, cell: (r) => lines(r, (f) => f.reason) },
];

/** The rows a figure of the result counts, as a spreadsheet numbers them, with everything that is wrong in each. */
export function RowsTab({ found, kind }: { found: Import; kind: RowKind }) {
  const state = useListState();
  const query = useList<Row>(['imports', found.id, 'rows', kind], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/imports/{import_id}/rows', { params: { path: { import_id: found.id }, query: { kind, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const many = (found.counts[kind] ?? 0) > 0;
  return (
    <ListView<Row> name={`import.${kind}`} query={query} state={state} columns={columns} rowKey={(r) => r.row} rowLabel={(r) => `Row ${r.row}`} noun={noun[kind]} searchLabel={null}
      extra={<Button component="a" variant="default" leftSection={<IconDownload size={16} aria-hidden="true" />} href={`/api/v1/imports/${found.id}/${kind}.csv`} download>Download as CSV</Button>}
      empty={<AllDone>{many ? 'Which rows they were was kept for 30 days. The figures stay.' : 'There is no such row'}</AllDone>} />
  );
}
