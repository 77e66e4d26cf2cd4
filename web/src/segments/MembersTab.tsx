import { Button, Group, Text, TextInput } from '@mantine/core';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useMemo, useState, type SubmitEvent } from 'react';
import { api, ok } from '@/api/client';
import type { Database } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { useCan } from '@/api/session';
import { useVocabulary, useWords, type Words } from '@/conditions';
import { useSegmentNames } from '@/conditions/references';
import { failToast, FirstUse, formatCount, ListView, paths, SideDrawer, undoToast, useDrawer, useListState, type BulkAction, type Column } from '@/kit';
import { useColumns } from './columns';
import type { Member, SegmentDetail } from './model';
import { cellText, ColumnMenu, labelOf } from './PreviewTable';
import { findPerson, Why } from './Why';

/** Adding to and removing from a list kept by hand; each can be taken back. */
export function useMembership(segmentId: number) {
  const call = (way: 'add' | 'remove', ids: number[], key: string) => ok(api.POST(`/api/v1/segments/{segment_id}/members/${way}`, { params: { path: { segment_id: segmentId } }, body: { profile_ids: ids }, headers: { 'Idempotency-Key': key } }));
  const action = useAction({ refresh: [['segments']], run: ({ way, ids }: { way: 'add' | 'remove'; ids: number[] }, { headers }) => call(way, ids, headers['Idempotency-Key']) });
  return async (way: 'add' | 'remove', ids: number[]) => {
    await action.mutateAsync({ way, ids });
    const people = formatCount(ids.length, 'person', 'people');
    undoToast(way === 'add' ? `${people} added` : `${people} taken out`, () => action.mutateAsync({ way: way === 'add' ? 'remove' : 'add', ids }));
  };
}

function AddPerson({ segment }: { segment: SegmentDetail }) {
  const [text, setText] = useState(''), [error, setError] = useState<string | null>(null), [busy, setBusy] = useState(false);
  const change = useMembership(segment.id);
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = text.split(/[\s,;]+/).filter(Boolean);
    if (wanted.length === 0) { setError('Enter an e-mail or an id'); return; }
    setBusy(true);
    try {
      const found = await Promise.all(wanted.slice(0, 200).map((one) => findPerson(segment.database_id, one)));
      const unknown = wanted.filter((_, i) => found[i] === null);
      const ids = found.filter((id) => id !== null);
      if (ids.length > 0) await change('add', [...new Set(ids)]);
      setError(unknown.length > 0 ? `Nobody here is ${unknown.slice(0, 3).join(', ')}` : null);
      setText(unknown.join(' '));
    } catch (problem) {
      setError(toProblem(problem).detail);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void add(event)}>
      <Group gap="xs" align="flex-start" mb="sm">
        <TextInput aria-label="Add people by e-mail or id" placeholder="e-mails or ids" value={text} error={error} w={320} onChange={(event) => { setText(event.currentTarget.value); setError(null); }} />
        <Button type="submit" variant="default" leftSection={<IconUserPlus size={16} />} loading={busy}>Add people</Button>
      </Group>
    </form>
  );
}

function WhyOf({ raw, segment, profileId }: { raw: Words['raw']; segment: SegmentDetail; profileId: number }) {
  const words = useWords(raw);
  const names = useSegmentNames(segment.database_id);
  const segments = useMemo(() => new Map((names ?? []).map((s) => [s.id, s.name])), [names]);
  return <Why profileId={profileId} databaseId={segment.database_id} words={words} segments={segments} condition={segment.condition} segment={segment.id} />;
}

/** Who is in the segment. */
export function MembersTab({ segment, database }: { segment: SegmentDetail; database: Database | undefined }) {
  const state = useListState();
  const [columns, setColumns, columnsKnown] = useColumns(segment.database_id);
  const canUpdate = useCan('segments:update');
  const why = useDrawer('why');
  const change = useMembership(segment.id);
  const vocabulary = useVocabulary(segment.database_id);
  const fields = (database?.fields ?? []).filter((f) => f.name !== 'id');
  const shown = columns.filter((c) => fields.some((f) => f.name === c));
  const query = useList<Member>(['segments', segment.id, 'members', state.q, shown], async ({ cursor, limit, signal }) => {
    const reply = await ok(api.GET('/api/v1/segments/{segment_id}/members', { params: { path: { segment_id: segment.id }, query: { limit, columns: shown.join(','), ...(state.q ? { q: state.q } : {}), ...(cursor ? { cursor } : {}) } }, signal }));
    return { ...reply, items: reply.items as Member[] };
  }, { enabled: database !== undefined && columnsKnown && segment.archived_at === null });
  const nameOf = (m: Member) => [m.first_name, m.last_name].filter(Boolean).join(' ') || cellText(m.email).replace('–', '') || `Profile ${m.profile_id}`;
  const table: Column<Member>[] = [
    { key: 'person', header: 'Person', cell: nameOf },
    ...shown.filter((c) => c !== 'first_name' && c !== 'last_name').map((name): Column<Member> => {
      const field = fields.find((f) => f.name === name);
      return { key: name, header: field ? labelOf(field) : name, cell: (m) => cellText(m[name]), priority: name === 'email' ? 2 : 3 };
    }),
    { key: 'actions', header: 'Why', priority: 1, align: 'right', cell: (m) => <Button size="compact-xs" variant="subtle" color="fjord" aria-label={`Why? ${nameOf(m)}`} onClick={(event) => { event.stopPropagation(); why.open(m.profile_id); }}>Why?</Button> },
  ];
  const take: BulkAction = { label: (n) => `Take ${n} out`, pageOnly: true, run: ({ ids }) => change('remove', ids.map(Number)).catch(failToast) };
  const byHand = segment.type === 'static' && canUpdate && segment.archived_at === null;
  if (segment.archived_at !== null) return <Text c="dimmed">This segment is archived. Restore it to see its people.</Text>;
  return (
    <>
      {segment.type === 'updatable' && <Text c="dimmed" size="xs" mb="xs">People cannot be added by hand: this list is refilled by its rules.</Text>}
      {byHand && <AddPerson segment={segment} />}
      <ListView<Member> name={`members.${segment.id}`} query={query} state={state} columns={table} rowKey={(m) => m.profile_id} rowLabel={nameOf} rowHref={(m) => paths.profile(segment.database_id, m.profile_id)}
        noun={{ one: 'person', many: 'people' }} searchLabel="Search name, e-mail or id" bulk={byHand ? [take] : []}
        columnMenu={<ColumnMenu fields={fields} value={shown} onChange={setColumns} />}
        empty={<FirstUse icon={IconUsers} title="Nobody is in this segment" text={segment.type === 'static' ? 'Add people by e-mail or id, by an import, or by the API.' : 'No person matches the rules as of now.'} />} />
      <SideDrawer name="why" title="Why in, why not">{(id) => (vocabulary.data ? <WhyOf raw={vocabulary.data} segment={segment} profileId={Number(id)} /> : null)}</SideDrawer>
    </>
  );
}

