import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { FirstUse, formatNumber, JobProgress, Section, SmallTable, StateBadge, SumBar, Time, type Column } from '@/kit';
import { isActive, partsOf, type Load } from './model';

type Reason = Load['reasons'][number];
const reasons: Column<Reason>[] = [
  { key: 'reason', header: 'Why lines were left out', cell: (r) => r.reason },
  { key: 'column', header: 'Column', priority: 2, cell: (r) => r.column },
  { key: 'rows', header: 'Lines', align: 'right', priority: 1, cell: (r) => formatNumber(r.rows) },
];

/** Loads that wait or run, above everything else of a list or table. */
export function RunningLoads({ loads }: { loads: readonly Load[] }) {
  const client = useQueryClient();
  const refresh = () => { for (const name of ['value-lists', 'data-tables', 'vocabulary']) void client.invalidateQueries({ queryKey: [name] }); };
  const active = loads.filter(isActive);
  if (active.length === 0) return null;
  return (
    <Section title="Loading" text="Until it is done everything stays as it is; then all of the new is there at once.">
      <Stack>{active.map((load) => <JobProgress key={load.id} id={load.job_id} onEnd={refresh} />)}</Stack>
    </Section>
  );
}

function OneLoad({ load }: { load: Load }) {
  const state = load.state === 'new' ? 'draft' : load.state;
  return (
    <Section title={load.file_name}>
      <Group gap="xs">
        <StateBadge state={state} size="sm" {...(load.state === 'new' ? { label: 'Not loaded' } : {})} />
        <Text size="sm" c="dimmed">{load.mode === 'replace' ? 'replaced everything' : 'added'} · {load.actor} · <Time value={load.started_at ?? load.created_at} /></Text>
      </Group>
      {load.error && <Alert color={load.state === 'cancelled' ? 'marigold' : 'clay'}>{load.error}</Alert>}
      {load.state === 'done' && <SumBar label="What became of the lines" parts={partsOf(load)} total={formatNumber(load.counts.rows ?? 0)} />}
      {load.reasons.length > 0 && <SmallTable label="Why lines were left out" columns={reasons} rows={load.reasons.slice(0, 10)} rowKey={(r) => `${r.column}${r.reason}`} />}
      {(load.counts.rejected ?? 0) > 0 && <Group><Button component="a" variant="default" size="xs" href={`/api/v1/list-loads/${load.id}/rejected.csv`} download>Download the rejected lines</Button></Group>}
    </Section>
  );
}

/** The files that were loaded, the newest first. */
export function LoadsTab({ kind, id }: { kind: 'list' | 'table'; id: number }) {
  const query = useList<Load>([kind === 'list' ? 'value-lists' : 'data-tables', id, 'loads'], ({ cursor, limit, signal }) => (kind === 'list'
    ? ok(api.GET('/api/v1/value-lists/{list_id}/loads', { params: { path: { list_id: id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal }))
    : ok(api.GET('/api/v1/data-tables/{table_id}/loads', { params: { path: { table_id: id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal }))), { limit: 20 });
  const loads = query.data?.pages.flatMap((p) => p.items).filter((load) => load.state !== 'new');
  if (loads?.length === 0) return <FirstUse icon={IconFileUpload} title="No file yet" text="Each file that is loaded keeps its figures here: what was added, what stood twice, and the lines that could not be read." />;
  return (
    <Stack>
      {loads?.map((load) => <OneLoad key={load.id} load={load} />)}
      {query.hasNextPage && <Group><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Load more</Button></Group>}
    </Stack>
  );
}
