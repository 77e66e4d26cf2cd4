import { Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { toProblem, type Problem } from '@/api/problem';
import type { Json } from '@/conditions';
import { announce, AppLink, type Column, doneToast, ErrorSummary, formatAmount, LeaveGuard, Loaded, named, NeedDatabase, Page, paths, Section, SmallTable, Time, useGo, useIdParam } from '@/kit';
import type { components } from '@/api/schema';
import { Rules } from './Rules';
import type { OrderSegment } from './model';

type Match = components['schemas']['MatchingOrder'];
const columns: Column<Match>[] = [
  { key: 'order', header: 'Order', cell: (o) => <AppLink href={paths.order(o.id)}>{o.external_id}</AppLink> }, { key: 'at', header: 'Placed', cell: (o) => <Time value={o.placed_at} /> },
  { key: 'channel', header: 'Channel', priority: 3, cell: (o) => o.channel }, { key: 'total', header: 'Total', align: 'right', priority: 2, cell: (o) => formatAmount(o.total, o.currency) },
];

function Matches({ databaseId, condition }: { databaseId: number; condition: Json }) {
  const query = useQuery({ queryKey: ['order-segments', 'matches', databaseId, JSON.stringify(condition)], queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/order-segments/matches', { body: { database_id: databaseId, condition, limit: 100 }, signal })) });
  return (
    <Section title="Of the last orders">
      <Loaded query={query} what="the orders that match">
        {(found) => <Stack gap="xs"><Text data-testid="matching">{found.looked_at === 0 ? 'There are no orders yet to try it on.' : `${found.matching} of the last ${found.looked_at} orders match.`}</Text>{found.orders.length > 0 && <SmallTable<Match> label="Orders that match" columns={columns} rows={found.orders.slice(0, 20)} rowKey={(o) => o.id} />}</Stack>}
      </Loaded>
    </Section>
  );
}

function EditSegment({ databaseId, segment }: { databaseId: number; segment?: OrderSegment }) {
  const [name, setName] = useState(segment?.name ?? ''), [description, setDescription] = useState(segment?.description ?? '');
  const [condition, setCondition] = useState<Json | null>((segment?.condition ?? null)), [left, setLeft] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null), [attempt, setAttempt] = useState(0), [touched, setTouched] = useState(false);
  const scope = useRef<HTMLDivElement>(null), go = useGo();
  const words = useQuery({ queryKey: ['order-segments', 'vocabulary', databaseId], staleTime: 60_000, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/order-segments/vocabulary', { params: { query: { database: databaseId } }, signal })) });
  const send = useAction({
    refresh: [['order-segments'], ['promotions']],
    run: (_: null, { headers }) => segment
      ? ok(api.PATCH('/api/v1/loyalty/order-segments/{segment_id}', { params: { path: { segment_id: segment.id } }, body: { name, description, condition: condition ?? { kind: 'always' }, revision: segment.revision } }))
      : ok(api.POST('/api/v1/loyalty/order-segments', { body: { database_id: databaseId, name, description, condition: condition ?? { kind: 'always' } }, headers })),
  });
  const save = async () => {
    if (left > 0) { announce('A rule is unfinished. Finish or remove it, then save.'); return false; }
    try {
      await send.mutateAsync(null);
      setTouched(false);
      doneToast('Order segment saved; promotions that use it follow at once');
      setTimeout(() => { go(paths.orderSegments()); }, 0);
      return true;
    } catch (error) { setProblem(toProblem(error)); setAttempt((n) => n + 1); return false; }
  };
  const fixes = problem ? (problem.errors.length ? problem.errors.map((e) => ({ path: e.pointer === '/name' ? 'name' : '', message: e.message })) : [{ path: '', message: problem.detail || problem.title }]) : [];
  return (
    <Page title={segment ? segment.name : 'New order segment'} crumbs={[{ label: 'Order segments', href: paths.orderSegments() }]} width="form" facts={segment && segment.used_by.length > 0 ? [`used by ${segment.used_by.join(', ')}`] : []} primary={{ label: 'Save order segment', onClick: () => void save(), loading: send.isPending, shortcut: 'mod+S' }}
      help={{ text: 'An order segment is a named rule over an order that is being worked out: nothing is stored of who matches.', guide: 'promotions', api: '/loyalty/order-segments' }}>
      <Stack gap="md" ref={scope}>
        <ErrorSummary fixes={fixes} attempt={attempt} scope={scope} />
        <TextInput label="Name" data-path="name" value={name} placeholder="Large orders" onChange={(event) => { setTouched(true); setName(event.currentTarget.value); }} />
        <Section title="Which orders">
          <Loaded query={words} what="the fields that rules may use">{(raw) => <Rules raw={raw} databaseId={databaseId} condition={condition} errors={problem?.errors ?? []} pointer="/condition" none="Every order." change={(next, open) => { setTouched(true); setCondition(next); setLeft(open); }} />}</Loaded>
        </Section>
        <Matches databaseId={databaseId} condition={condition ?? { kind: 'always' }} />
        <Textarea label="Description" autosize minRows={1} value={description} onChange={(event) => { setTouched(true); setDescription(event.currentTarget.value); }} />
      </Stack>
      <LeaveGuard dirty={() => touched} onSave={save} />
    </Page>
  );
}

/** A new order segment of the database at hand. */
export function OrderSegmentNewPage() {
  const database = useDatabase();
  return database ? <EditSegment databaseId={database.id} /> : <NeedDatabase title="New order segment" crumbs={[{ label: 'Order segments', href: paths.orderSegments() }]} why="Order segments belong to a database." />;
}

/** An order segment: its rules, and the orders of late that match. */
export function OrderSegmentPage() {
  const id = useIdParam('segmentId');
  const query = useQuery({ queryKey: ['order-segments', 'one', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/order-segments/{segment_id}', { params: { path: { segment_id: id } }, signal })) });
  if (!query.data) return <Page title={named(query, () => '', 'Order segment')} crumbs={[{ label: 'Order segments', href: paths.orderSegments() }]}><Loaded query={query} what="the order segment">{() => null}</Loaded></Page>;
  return <EditSegment key={query.data.revision} databaseId={query.data.database_id} segment={query.data} />;
}
