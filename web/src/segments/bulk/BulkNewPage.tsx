import { Alert, Button, Checkbox, Group, NumberInput, SimpleGrid, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { useCan } from '@/api/session';
import { confirmTyped, failToast, formatCount, formatNumber, Loaded, NeedRight, Page, PanelError, paths, RefetchBar, Section, useGo, useIdParam, useSearchParam } from '@/kit';
import { useFigure } from '@/profiles/figures';
import { useDatabaseOf, useResources, type Database } from '@/profiles/model';
import { useSegment } from '../model';
import { handedOver } from './handover';
import { audienceOf, mustType, newRow, written, type Audience, type BulkPreview, type Operation, type Row } from './model';
import { OperationRow } from './OperationRow';
import { Preview } from './Preview';

const TYPING_MS = 350;

interface Asked { audience: Audience; operations: Operation[]; skip_triggers: boolean }

/** The preview follows what is typed, a moment later; the one before stays until the new one is there. */
function usePreview(databaseId: number, asked: Asked) {
  const [settled] = useDebouncedValue(JSON.stringify({ ...asked, skip_triggers: false }), TYPING_MS);
  return useQuery({
    queryKey: ['bulk-updates', 'preview', databaseId, settled], enabled: asked.operations.length > 0 && (JSON.parse(settled) as Asked).operations.length > 0, placeholderData: keepPreviousData, retry: false, staleTime: 10_000, refetchOnWindowFocus: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/databases/{database_id}/bulk-updates/preview', { params: { path: { database_id: databaseId } }, body: JSON.parse(settled) as Asked, signal })),
  });
}

/** Range and limit as the builder had them. */
const cutWords = ({ range, limit }: Audience) => [range ? `a random part, ${formatNumber(range.from)}–${formatNumber(range.to)} %` : '', limit ? `at most ${formatCount(limit, 'person', 'people')}` : ''].filter(Boolean).join(', ');

function Who({ database, base, rules, audience, onChange }: { database: Database; base: Audience; rules: string | undefined; audience: Audience; onChange: (audience: Audience) => void }) {
  const segment = useSegment(base.segment ?? 0, base.segment !== undefined && base.segment !== null);
  const figure = useFigure(database.id, base.figure ?? undefined).data;
  const found = base.q ? `, found by “${base.q}”` : '';
  const words = rules ?? (base.segment ? `Everybody in the segment ${segment.data?.name ?? ''}` : base.profile_ids ? `${formatCount(base.profile_ids.length, 'chosen profile', 'chosen profiles')} of ${database.name}`
    : base.figure ? `${figure?.title ?? 'Whom a figure counts'}${found}` : base.q ? `Everybody in ${database.name} found by “${base.q}”` : `Everybody in ${database.name}`);
  const percent = audience.range ? audience.range.to : '';
  return (
    <Section title="1 Who" text="They are fixed when the change starts; who comes later is not changed.">
      <Text fw={550} style={{ overflowWrap: 'anywhere' }}>{words}</Text>
      {rules !== undefined && cutWords(base) && <Text size="sm" c="dimmed">Of them {cutWords(base)}</Text>}
      {rules === undefined && <SimpleGrid cols={{ base: 1, sm: 2 }} maw={520}>
        <NumberInput label="Only a random part of them (%)" placeholder="All" min={0.01} max={100} decimalScale={2} value={percent} onChange={(value) => { onChange({ ...audience, range: typeof value === 'number' && value > 0 && value < 100 ? { from: 0, to: value } : null }); }} />
        <NumberInput label="At most (people)" placeholder="No limit" min={1} max={2_147_483_647} allowDecimal={false} thousandSeparator="," value={audience.limit ?? ''} onChange={(value) => { onChange({ ...audience, limit: typeof value === 'number' && value > 0 ? value : null }); }} />
      </SimpleGrid>}
    </Section>
  );
}

function Editor({ database, base, rules }: { database: Database; base: Audience; rules?: string | undefined }) {
  const go = useGo();
  const resources = useResources() ?? [];
  const [audience, setAudience] = useState<Audience>(base);
  const [rows, setRows] = useState<Row[]>(() => [newRow()]);
  const [skip, setSkip] = useState(false);
  const out = useMemo(() => written(rows, database.fields), [rows, database.fields]);
  const asked: Asked = { audience, operations: out.operations, skip_triggers: skip };
  const query = usePreview(database.id, asked);
  const preview = out.operations.length > 0 ? query.data : undefined;
  const problem = query.error ? toProblem(query.error) : null;
  const placed: Record<number, string> = { ...out.errors };
  const others: string[] = [];
  for (const fault of problem?.errors ?? []) {
    const key = out.rows[Number(/^\/operations\/(\d+)/.exec(fault.pointer)?.[1] ?? -1)];
    if (key === undefined) others.push(fault.message); else placed[key] = fault.message;
  }
  const start = useAction({
    refresh: [['bulk-updates'], ['profiles']], run: (body: Asked, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/bulk-updates', { params: { path: { database_id: database.id } }, body, headers })),
    onDone: (reply) => { go(paths.bulkUpdate(database.id, reply.bulk_update.id)); },
  });
  const begin = async (found: BulkPreview) => {
    const sure = !mustType(found) || await confirmTyped({
      title: `Change ${formatCount(found.people, 'person', 'people')}?`, name: String(found.people), action: `Change ${formatCount(found.people, 'person', 'people')}`, keep: 'Go back',
      body: found.lowers ? 'Some of them get fewer messages afterwards, or none, until they agree again. There is no way back for all at once.' : 'There is no way back for all at once: the values before are not kept.',
    });
    if (sure) start.mutate(asked, { onError: failToast });
  };
  const unfinished = rows.length - out.rows.length;
  return (
    <Stack>
      <Who database={database} base={base} rules={rules} audience={audience} onChange={setAudience} />
      <Section title="2 What" text="Fields change first, then the status, then subscriptions.">
        <Stack gap="sm">
          {rows.map((row, n) => (
            <OperationRow key={row.key} row={row} number={n + 1} database={database} resources={resources} error={placed[row.key]}
              onChange={(next) => { setRows(rows.map((r) => (r.key === row.key ? next : r))); }} onRemove={rows.length > 1 ? () => { setRows(rows.filter((r) => r.key !== row.key)); } : undefined} />
          ))}
          {rows.length < 20 && <Group><Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => { setRows([...rows, newRow()]); }}>Add an operation</Button></Group>}
        </Stack>
      </Section>
      <Section title="3 What would happen" text="Nothing is written before you start it.">
        <RefetchBar on={query.isFetching} />
        {problem && (others.length > 0 || problem.errors.length === 0) && <PanelError error={query.error} what="the preview" onRetry={() => void query.refetch()} />}
        {out.operations.length === 0 && <Text c="dimmed">Finish an operation above to see whom it would change, and how.</Text>}
        {preview && !problem && <Preview preview={preview} database={database} />}
        {preview && !problem && (
          <Stack gap="sm">
            <Checkbox label="Trigger nothing" description={preview.events === 0 ? 'Nothing would be written into the history anyway' : `${formatCount(preview.events, 'event', 'events')} would be written into the history, and may start messages and scenarios; without them nothing starts`} checked={skip} onChange={(event) => { setSkip(event.currentTarget.checked); }} />
            <Group gap="sm">
              <Button loading={start.isPending} disabled={preview.people === 0 || query.isFetching} onClick={() => void begin(preview)}>{`Change ${formatNumber(preview.people)} ${preview.people === 1 ? 'person' : 'people'}`}</Button>
              {unfinished > 0 && <Text size="xs" c="dimmed">{formatCount(unfinished, 'operation is', 'operations are')} unfinished and left out</Text>}
            </Group>
          </Stack>
        )}
      </Section>
    </Stack>
  );
}

/** The same change for many people: whom, what, and what would happen. */
export function BulkNewPage() {
  const databaseId = useIdParam('databaseId');
  const [segment] = useSearchParam('segment'), [ids] = useSearchParam('ids'), [q] = useSearchParam('q'), [figure] = useSearchParam('figure'), [rules] = useSearchParam('rules');
  const handed = useMemo(() => (rules ? handedOver(rules, databaseId) : null), [rules, databaseId]);
  const query = useDatabaseOf(databaseId);
  const can = useCan('profiles:update');
  const crumbs = [{ label: 'Profiles', href: paths.profiles(databaseId) }, { label: 'Bulk changes', href: paths.bulkUpdates(databaseId) }];
  if (!can) return <NeedRight title="Change many people" crumbs={crumbs} what="change profiles" right="profiles:update" />;
  return (
    <Page title="Change many people" crumbs={crumbs} facts={[query.data?.name]}
      help={{ text: 'Set, empty or count up fields, add and take out tags, change consent, for everybody at once. The preview looks at the people as they are now. Somebody for whom one operation cannot be done is refused as a whole and listed afterwards.' }}>
      {rules && !handed && <Alert color="marigold" title="These rules are not here">Rules that are not saved stay in the tab of the browser in which they were made. Open the segment builder and choose “Change these people” once more.</Alert>}
      {(!rules || handed) && <Loaded query={query} what="the database">{(database) => <Editor key={`${rules ?? ''}|${segment ?? ''}|${ids ?? ''}|${figure ?? ''}|${q ?? ''}`} database={database} base={handed?.audience ?? audienceOf({ segment, ids, figure, q })} rules={handed?.words} />}</Loaded>}
    </Page>
  );
}
