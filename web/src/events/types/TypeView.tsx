import { Button, Code, Group, List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, Details, doneToast, failToast, FigureTile, FigureTiles, formatNumber, Loaded, SmallTable, Time, ToneBadge, undoToast, type Column } from '@/kit';
import { meaning, origin, refresh, typeWord, type EventType } from './model';

type Property = EventType['properties'][number];

const columns: Column<Property>[] = [
  { key: 'name', header: 'Property', cell: (p) => <Code>{p.name}</Code> },
  { key: 'type', header: 'Type', priority: 1, cell: (p) => typeWord(p.type) },
  { key: 'from', header: 'From', priority: 2, cell: (p) => (p.declared ? 'declared' : 'seen in events') },
];

/** Deletes and restores types; who would hear nothing any more is named first. */
function useEnds(type: EventType) {
  const path = { type_id: type.id ?? 0 };
  const restore = useAction({ refresh, run: (archived: boolean) => ok(api.PATCH('/api/v1/event-types/{type_id}', { params: { path }, body: { archived } })) });
  const drop = useAction({ refresh, run: (confirm: boolean) => ok(api.DELETE('/api/v1/event-types/{type_id}', { params: { path, query: { confirm } } })) });
  const done = () => { undoToast(`${type.label} deleted`, () => restore.mutateAsync(false)); };
  const remove = async (used: readonly string[]) => {
    const yes = await confirmConsequence({
      title: `Delete ${type.label}?`, action: 'Delete event type', keep: 'Keep it', danger: true,
      body: (
        <Stack gap="xs">
          <Text size="sm">It leaves every picker, and new events of this type are refused. What happened stays in history; the type can be restored.</Text>
          {used.length > 0 && <><Text size="sm" fw={550}>These hear nothing of it any more:</Text><List size="sm">{used.map((user) => <List.Item key={user}>{user}</List.Item>)}</List></>}
        </Stack>
      ),
    });
    if (yes) drop.mutate(used.length > 0, { onSuccess: done, onError: failToast });
  };
  const back = () => { restore.mutate(false, { onSuccess: () => { doneToast(`${type.label} restored`); }, onError: failToast }); };
  return { remove, back, busy: drop.isPending || restore.isPending };
}

/** One type: what it means, what it holds, how often it happens and who uses it. */
export function TypeView({ type, onEdit }: { type: EventType; onEdit: () => void }) {
  const can = { change: useCan('events:update'), remove: useCan('events:delete'), declare: useCan('events:create') };
  const usage = useQuery({ queryKey: ['event-types', type.database_id, 'usage', type.name], queryFn: ({ signal }) => ok(api.GET('/api/v1/event-types/usage', { params: { query: { database: type.database_id, name: type.name } }, signal })) });
  const { remove, back, busy } = useEnds(type);
  const figure = (n: number | null) => (n === null ? '–' : formatNumber(n));
  const { word, tone } = origin(type);
  return (
    <Stack gap="md">
      <Group gap="xs"><ToneBadge tone={tone}>{word}</ToneBadge><Code>{type.name}</Code></Group>
      {meaning(type) && <Text size="sm">{meaning(type)}</Text>}
      <FigureTiles cols={3}>
        <FigureTile label="Last 7 days" value={figure(type.count_7d)} />
        <FigureTile label="Last 30 days" value={figure(type.count_30d)} />
        <FigureTile label="Ever" value={figure(type.count)} />
      </FigureTiles>
      <Details items={[['Last seen', <Time key="t" value={type.last_seen_at} none={type.count === null ? '–' : 'never'} />], ...(type.archived_at ? [['Deleted', <Time key="d" value={type.archived_at} />] as const] : [])]} />
      <div><Text fw={550} mb={4}>Properties</Text>{type.properties.length > 0 ? <SmallTable label="Properties" columns={columns} rows={type.properties} rowKey={(p) => p.name} /> : <Text size="sm" c="dimmed">None are declared, and none were seen yet.</Text>}</div>
      <div>
        <Text fw={550} mb={4}>Used by</Text>
        <Loaded query={usage} what="who uses it">{({ used_by }) => (used_by.length > 0 ? <List size="sm">{used_by.map((user) => <List.Item key={user}>{user}</List.Item>)}</List> : <Text size="sm" c="dimmed">No segment, mailing or hook speaks of it by name.</Text>)}</Loaded>
      </div>
      {!type.builtin && (
        <Group gap="sm">
          {type.archived_at ? can.change && <Button loading={busy} onClick={back}>Restore</Button> : can.change && <Button variant="default" onClick={onEdit}>Edit</Button>}
          {!type.archived_at && can.remove && usage.data && <Button variant="default" color="clay" loading={busy} onClick={() => void remove(usage.data.used_by)}>Delete…</Button>}
        </Group>
      )}
    </Stack>
  );
}
