import { Alert, Button, Checkbox, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { Details, failToast, formatNumber, JobProgress, Loaded, named, Page, paths, Section, SmallTable, StateBadge, SumBar, Time, useIdParam } from '@/kit';
import { faults, isOpen, kindWord, stateOf, type ImportField, type Mapping, type MarketImport } from './model';

const modes = [{ value: 'upsert', label: 'New and known ones' }, { value: 'add', label: 'Only new ones' }, { value: 'update', label: 'Only known ones' }] as const;

/** Which column is which, and how the file is read. */
function Plan({ found, fields }: { found: MarketImport; fields: readonly ImportField[] }) {
  const can = useCan('market:update');
  const begun = found.rows > 0; // a part is written: it goes on as it began
  const [mapping, setMapping] = useState<Mapping>(() => found.run?.mapping ?? Object.fromEntries(found.columns.map((c) => [c.name, c.field])));
  const [mode, setMode] = useState<(typeof modes)[number]['value']>(found.run?.mode ?? 'upsert');
  const [matching, setMatching] = useState(found.run?.matching ?? 'email');
  const [quiet, setQuiet] = useState(found.run?.skip_triggers ?? false);
  const run = useAction({
    refresh: [['market-imports'], ['products'], ['orders']],
    run: (body: { mapping: Mapping; mode: typeof mode; matching: string; skip_triggers: boolean }, { headers }) => ok(api.POST('/api/v1/market/imports/{import_id}/run', { params: { path: { import_id: found.id } }, body, headers })),
  });
  const wrong = faults(found.kind, fields, mapping);
  const options = fields.map((f) => ({ value: f.name, label: f.required ? `${f.label} (needed)` : f.label }));
  return (
    <Section title="Which column is which" text={begun ? `${formatNumber(found.rows)} lines are written; the import goes on after them as it began.` : 'Columns without a field are left out.'}>
      <Stack>
        <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table verticalSpacing="xs">
            <Table.Thead><Table.Tr><Table.Th>Column</Table.Th><Table.Th>For example</Table.Th><Table.Th>Is</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {found.columns.map((column) => (
                <Table.Tr key={column.name}>
                  <Table.Td>{column.name}</Table.Td>
                  <Table.Td><Text size="sm" c="dimmed" lineClamp={2}>{column.examples.join(' · ') || '–'}</Text></Table.Td>
                  <Table.Td><Select aria-label={`What ${column.name} is`} placeholder="Left out" clearable searchable disabled={begun} data={options} value={mapping[column.name] ?? null} onChange={(value) => { setMapping({ ...mapping, [column.name]: value }); }} /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {found.kind === 'orders'
          ? <Group align="end"><TextInput label="Customers are found by" description="The profile field that the customer column holds, or id" value={matching} disabled={begun} onChange={(event) => { setMatching(event.currentTarget.value); }} /><Checkbox label="Write no history" description="No events, so nothing is triggered" checked={quiet} disabled={begun} onChange={(event) => { setQuiet(event.currentTarget.checked); }} /></Group>
          : <Select label="Take" allowDeselect={false} maw={280} data={modes} value={mode} disabled={begun} onChange={(value) => { if (value) setMode(value); }} />}
        {wrong.length > 0 && <Text size="sm" c="dimmed">{wrong.join('. ')}.</Text>}
        {can && <Group><Button disabled={wrong.length > 0} loading={run.isPending} onClick={() => { run.mutate({ mapping, mode, matching: matching.trim() || 'email', skip_triggers: quiet }, { onError: failToast }); }}>{begun ? 'Go on' : `Import the ${kindWord(found.kind).toLowerCase()}`}</Button></Group>}
      </Stack>
    </Section>
  );
}

function Result({ found }: { found: MarketImport }) {
  const rejected = useQuery({ queryKey: ['market-imports', found.id, 'rejected'], enabled: found.rejected > 0, queryFn: ({ signal }) => ok(api.GET('/api/v1/market/imports/{import_id}/rejected', { params: { path: { import_id: found.id } }, signal })) });
  return (
    <>
      <Section title="Result">
        <SumBar label={`What became of the ${kindWord(found.kind).toLowerCase()}`} total={formatNumber(found.created + found.updated + found.unchanged + found.rejected)} parts={[
          { label: 'created', value: found.created, tone: 'moss' }, { label: 'updated', value: found.updated, tone: 'fjord' },
          { label: 'unchanged', value: found.unchanged, tone: 'gray' }, { label: 'rejected', value: found.rejected, tone: 'clay' },
        ]} />
        <Details items={[['Lines read', formatNumber(found.rows)], ['By', found.author], ['Uploaded', <Time key="u" value={found.created_at} mode="absolute" />], ['Finished', found.finished_at && <Time key="f" value={found.finished_at} mode="absolute" />]]} />
        {found.rejected > 0 && <Group><Button component="a" variant="default" href={`/api/v1/market/imports/${found.id}/rejected.csv`} download>Download the rejected lines</Button></Group>}
      </Section>
      {found.rejected > 0 && (
        <Section title="Rejected lines" text="The first hundred; the file has all of them. Kept for 30 days.">
          <Loaded query={rejected} what="the rejected lines">
            {(list) => <SmallTable label="Rejected lines" rows={list.items} rowKey={(r) => r.line} columns={[{ key: 'line', header: 'Line', cell: (r) => r.line }, { key: 'error', header: 'Why', priority: 2, cell: (r) => r.error.replace(/^\/(\S+) /, '$1: ') }, { key: 'cells', header: 'Says', priority: 3, cell: (r) => <Text size="sm" c="dimmed" lineClamp={2}>{r.cells.join(' · ')}</Text> }]} />}
          </Loaded>
        </Section>
      )}
    </>
  );
}

/** One import: which column is which, the run, the result. */
export function MarketImportPage() {
  const id = useIdParam('importId');
  const query = useQuery({
    queryKey: ['market-imports', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/imports/{import_id}', { params: { path: { import_id: id } }, signal })),
    refetchInterval: (q) => (q.state.data?.state === 'queued' || q.state.data?.state === 'running' ? 2000 : false),
  });
  const kind = query.data?.kind;
  const fields = useQuery({ queryKey: ['market-imports', 'fields', kind], enabled: kind !== undefined, queryFn: ({ signal }) => ok(api.GET('/api/v1/market/imports/fields', { params: { query: { kind: kind ?? 'products' } }, signal })) });
  const found = query.data;
  return (
    <Page title={named(query, (one) => one.file_name, 'Import')} crumbs={[{ label: 'Products', href: paths.products() }, { label: 'Market imports', href: paths.marketImports() }]}
      badges={found && <StateBadge state={stateOf(found)} label={found.state === 'uploaded' ? 'Not run yet' : undefined} />} facts={found ? [kindWord(found.kind)] : []}>
      <Loaded query={query} what="the import">
        {(one) => (
          <Stack>
            {one.error && <Alert color="clay" title="It stopped" role="alert">{one.error}</Alert>}
            {(one.state === 'queued' || one.state === 'running') && one.job_id && <Section title="Importing"><JobProgress id={one.job_id} onEnd={() => void query.refetch()} /></Section>}
            {one.rows > 0 && <Result found={one} />}
            {isOpen(one) && <Loaded query={fields} what="the fields">{(list) => <Plan key={one.state} found={one} fields={list.items} />}</Loaded>}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}
