import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { ButtonLink, Delayed, Details, formatCount, formatNumber, JobProgress, Loaded, named, Page, PageTabs, PanelError, paths, Section, SkeletonPanel, SmallTable, StateBadge, SumBar, Time, useIdParam, type PageTab } from '@/kit';
import { useDatabaseOf, type Database } from '../model';
import { ColumnTable, OptionsForm } from './Columns';
import { FormatForm } from './Format';
import { formatWords, keyWords, linkedParts, partsOf, running, writable, useImport, type Import, type Mapping, type Options, type Preview } from './model';
import { RowsTab, type RowKind } from './RowsTab';

function Problems({ found }: { found: Import }) {
  const check = found.check;
  const reasons = check ? check.reasons : found.reasons;
  const rejected = (check ? check.counts : found.counts).rejected ?? 0;
  if (reasons.length === 0) return null;
  return (
    <Stack gap="xs">
      <SmallTable label="Why rows are rejected" rows={reasons} rowKey={(r) => `${r.column}${r.reason}`} columns={[
        { key: 'column', header: 'Column', cell: (r) => r.column },
        { key: 'reason', header: 'Why rows are rejected', priority: 2, cell: (r) => r.reason },
        { key: 'rows', header: 'Rows', align: 'right', priority: 1, cell: (r) => formatNumber(r.rows) },
      ]} />
      {reasons.reduce((sum, r) => sum + r.rows, 0) > rejected && <Text size="xs" c="dimmed">A row with several faults stands on several lines.</Text>}
      {check && check.problems.length > 0 && <Text size="xs" c="dimmed">First: {check.problems.slice(0, 5).map((p) => `row ${p.row}, ${p.column} “${p.value}”`).join(' · ')}</Text>}
    </Stack>
  );
}

function Plan({ found, database, preview }: { found: Import; database: Database; preview: Preview }) {
  const canCreate = useCan('imports:create');
  const [mapping, setMapping] = useState<Mapping[]>(found.mapping.length > 0 ? found.mapping : preview.mapping);
  const [options, setOptions] = useState<Options>(found.options);
  const path = { params: { path: { import_id: found.id } } };
  const save = () => ok(api.PATCH('/api/v1/imports/{import_id}', { ...path, body: { mapping, options } }));
  const refresh = [['imports'], ['databases']];
  const check = useAction({ refresh, run: async (_: 'check', { headers }) => { await save(); return ok(api.POST('/api/v1/imports/{import_id}/check', { ...path, headers })); } });
  const run = useAction({ refresh, run: async (_: 'run', { headers }) => { await save(); return ok(api.POST('/api/v1/imports/{import_id}/run', { ...path, headers })); } });
  const problem = check.error ?? run.error;
  const fresh = found.check && JSON.stringify(found.mapping) === JSON.stringify(mapping) && JSON.stringify(found.options) === JSON.stringify(options) ? found.check : null;
  const total = found.total ?? preview.estimated_rows;
  return (
    <Stack>
      {preview.warnings.map((w) => <Alert key={w} color="marigold">{w}</Alert>)}
      <Section title="2 Columns" text="Columns were matched by their names and by what is in them. Change what is wrong."><ColumnTable preview={preview} database={database} mapping={mapping} onChange={setMapping} /></Section>
      <OptionsForm database={database} options={options} onChange={setOptions} />
      <Section title="3 Check" text="Reads the whole file and writes nothing.">
        {fresh ? <><SumBar label="What would happen" parts={partsOf(fresh.counts, true)} total={formatNumber(fresh.counts.rows ?? 0)} /><Problems found={found} /></> : <Text c="dimmed">Not checked yet with these settings.</Text>}
        {problem && <PanelError error={problem} what="the import" />}
        {!canCreate && <Text c="dimmed">You can look at imports but not run them. Ask an owner for the right “imports:create”.</Text>}
        {canCreate && (
          <Group>
            <Button variant="default" loading={check.isPending} onClick={() => { check.mutate('check'); }}>Check the whole file</Button>
            <Button loading={run.isPending} onClick={() => { run.mutate('run'); }}>{total ? `Import ${fresh && writable(fresh.counts) < total ? `${formatNumber(writable(fresh.counts))} of ` : ''}${formatNumber(total)} rows` : 'Import the file'}</Button>
          </Group>
        )}
      </Section>
    </Stack>
  );
}

function Result({ found }: { found: Import }) {
  const seesPeople = useCan('profiles:read');
  const people = found.people_known ? writable(found.counts) : 0;
  const path = `/api/v1/imports/${found.id}`;
  return (
    <Section title="Result">
      <SumBar label="What became of the rows" parts={linkedParts(found, seesPeople)} total={formatNumber(found.counts.rows ?? 0)} />
      {!found.people_known && writable(found.counts) > 0 && <Text size="xs" c="dimmed">Who they are is kept for 90 days.</Text>}
      <Problems found={found} />
      {found.kept_consents > 0 && <Alert color="iris">{formatNumber(found.kept_consents)} rows wanted to raise consent and were not allowed to: those people stay as they were.</Alert>}
      <Details items={[['Started', <Time key="s" value={found.started_at} mode="absolute" seconds />], ['Finished', <Time key="f" value={found.finished_at} mode="absolute" seconds />], ['By', found.actor], ['Rows find their profile by', keyWords(found.options.matching)]]} />
      <Group>
        {seesPeople && <ButtonLink href={people > 0 ? paths.figure(found.database_id, `import:${found.id}:all`) : paths.profiles(found.database_id)}>{people > 0 ? `See the ${formatCount(people, 'person', 'people')} of this file` : 'See profiles'}</ButtonLink>}
        {(found.counts.rejected ?? 0) > 0 && <Button component="a" variant="default" href={`${path}/rejected.csv`} download>Download the rejected rows</Button>}
        {(found.counts.duplicates ?? 0) > 0 && <Button component="a" variant="default" href={`${path}/duplicates.csv`} download>Download the repeated rows</Button>}
      </Group>
    </Section>
  );
}

/** What became of the rows, and those that there is something to say about. */
function tabsOf(found: Import): PageTab[] {
  const rows = (kind: RowKind, label: string): PageTab[] => ((found.counts[kind] ?? 0) > 0 ? [{ value: kind, label, count: found.counts[kind] ?? 0, render: () => <RowsTab found={found} kind={kind} /> }] : []);
  return [{ value: 'result', label: 'Result', render: () => <Result found={found} /> }, ...rows('rejected', 'Rejected rows'), ...rows('duplicates', 'Repeated rows')];
}

/** One import: which column is which, the check, the run, the result. */
export function ImportPage() {
  const databaseId = useIdParam('databaseId'), id = useIdParam('importId');
  const query = useImport(id);
  const canCreate = useCan('imports:create');
  const database = useDatabaseOf(databaseId).data;
  const found = query.data;
  const open = found?.state === 'new' || found?.state === 'checked' || found?.state === 'checking';
  const preview = useQuery({ queryKey: ['imports', id, 'preview', found?.format], enabled: open, queryFn: ({ signal }) => ok(api.GET('/api/v1/imports/{import_id}/preview', { params: { path: { import_id: id } }, signal })), staleTime: Infinity });
  return (
    <Page title={named(query, (file) => file.file_name, 'Import')} crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }, { label: 'Imports', href: paths.imports(databaseId) }]}
      badges={found && <StateBadge state={open ? 'draft' : found.state} label={open ? 'Not run yet' : undefined} />}
      facts={found ? [database && `into ${database.name}`, open ? null : formatWords(found.format)] : []}>
      <Loaded query={query} what="the import">
        {(imported) => (
          <Stack>
            {imported.error && <Alert color="clay" title="It stopped" role="alert">{imported.error}</Alert>}
            {running(imported) && imported.job_id && <Section title={imported.state === 'checking' ? 'Checking' : 'Importing'}><JobProgress id={imported.job_id} /></Section>}
            {open && <FormatForm found={imported} may={canCreate && !running(imported)} />}
            {open && !database && <Delayed><SkeletonPanel /></Delayed>}
            {open && database && <Loaded query={preview} what="the preview">{(shown) => <Plan key={`${imported.id} ${formatWords(imported.format)}`} found={imported} database={database} preview={shown} />}</Loaded>}
            {['done', 'failed', 'cancelled'].includes(imported.state) && <PageTabs tabs={tabsOf(imported)} />}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}
