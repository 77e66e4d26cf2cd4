import { Progress, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { IconFileImport, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok, upload } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import { toProblem, type Problem } from '@/api/problem';
import { useCan } from '@/api/session';
import { FileDrop, FirstUse, ListPage, Num, PanelError, paths, SideDrawer, StateBadge, Time, useDrawer, useGo, useListState, type Column } from '@/kit';
import { kinds, kindWord, stateOf, type ImportKind, type MarketImport } from './model';

const LIMIT = 2_000_000_000;
const columns: Column<MarketImport>[] = [
  { key: 'file_name', header: 'File', sort: 'file_name', cell: (i) => i.file_name },
  { key: 'kind', header: 'What', priority: 2, cell: (i) => kindWord(i.kind) },
  { key: 'state', header: 'State', priority: 1, cell: (i) => <StateBadge state={stateOf(i)} size="sm" label={i.state === 'uploaded' ? 'Not run yet' : undefined} /> },
  { key: 'created', header: 'Created', align: 'right', priority: 3, cell: (i) => <Num value={i.created} /> },
  { key: 'updated', header: 'Updated', align: 'right', priority: 3, cell: (i) => <Num value={i.updated} /> },
  { key: 'rejected', header: 'Rejected', align: 'right', priority: 2, cell: (i) => <Num value={i.rejected} /> },
  { key: 'author', header: 'By', priority: 3, cell: (i) => i.author },
  { key: 'created_at', header: 'Uploaded', sort: 'created_at', priority: 2, cell: (i) => <Time value={i.created_at} /> },
];

/** The first step: what the file holds, and the file. */
function UploadForm() {
  const databases = useDatabases() ?? [];
  const here = useDatabase();
  const go = useGo();
  const [kind, setKind] = useState<ImportKind>('products');
  const [chosen, setChosen] = useState<string | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const database = chosen ?? (here ? String(here.id) : null);
  const send = async (file: File) => {
    setProblem(null);
    setShare(0);
    const form = new FormData();
    form.append('kind', kind);
    if (kind === 'orders' && database) form.append('database', database);
    form.append('file', file);
    try {
      const made = await upload<MarketImport>('/api/v1/market/imports', form, setShare);
      go(paths.marketImport(made.id));
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setShare(null);
    }
  };
  return (
    <Stack>
      <SegmentedControl aria-label="What the file holds" value={kind} onChange={setKind} data={kinds.map((k) => ({ value: k.value, label: k.label }))} />
      {kind === 'orders' && <Select label="Database" description="Whose customers placed the orders" allowDeselect={false} data={databases.map((d) => ({ value: String(d.id), label: d.name }))} value={database} onChange={setChosen} />}
      <FileDrop hint="CSV, TSV, XLSX or JSON lines, also as zip or gz; up to 2 GB. The lines of one order stand together." maxBytes={LIMIT} loading={share !== null} onFile={(file) => void send(file)} />
      {share !== null && <div><Progress value={share * 100} aria-label="Upload" /><Text size="xs" c="dimmed" mt={4}>{share < 1 ? `${Math.round(share * 100)} % sent` : 'Reading the file…'}</Text></div>}
      {problem && <PanelError error={problem} what="the file" />}
    </Stack>
  );
}

/** Files of products, SKUs and orders. */
export function MarketImportListPage() {
  const state = useListState({ defaultSort: '-created_at' });
  const can = useCan('market:create');
  const drawer = useDrawer('import');
  const query = useList<MarketImport>(['market-imports', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/imports', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const add = can ? { label: 'Import a file', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage<MarketImport> name="market-imports" title="Market imports" crumbs={[{ label: 'Products', href: paths.products() }]} noun={{ one: 'import', many: 'imports' }} query={query} state={state} columns={columns} rowKey={(i) => i.id} rowLabel={(i) => i.file_name}
        rowHref={(i) => paths.marketImport(i.id)} searchLabel={null} primary={add}
        empty={<FirstUse icon={IconFileImport} title="Bring products and orders from a file" text="A table from your shop system: choose which column is which, and see what became of every line." primary={add} />} />
      <SideDrawer name="import" right="market:create" title="Import a file">{() => <UploadForm />}</SideDrawer>
    </>
  );
}
