import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { AllDone, auditWords, changedFields, Details, ListPage, SideDrawer, Time, useDrawer, useListState, type Column } from '@/kit';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';
import css from './settings.module.css';

type Entry = components['schemas']['AuditOut'];

const columns: Column<Entry>[] = [
  { key: 'what', header: 'What', cell: (entry) => auditWords(entry) },
  { key: 'fields', header: 'Changed', cell: (entry) => changedFields(entry) || '–' },
  { key: 'who', header: 'Who', cell: (entry) => entry.actor_name },
  { key: 'when', header: 'When', cell: (entry) => <Time value={entry.at} mode="absolute" />, priority: 2 },
  { key: 'from', header: 'From', cell: (entry) => entry.address ?? '–', priority: 3 },
];

const kinds = ['user', 'token', 'database', 'field', 'profile', 'import', 'resource', 'suppression_list', 'segment', 'template', 'mailing', 'campaign', 'product', 'order', 'category', 'channel', 'settings'];
const word = (kind: string) => kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('_', ' ');

function EntryDetails({ entry }: { entry: Entry }) {
  const [side, setSide] = useState('changes');
  const json = side === 'before' ? entry.before : entry.after;
  return (
    <Stack gap="md">
      <Details items={[
        ['What', auditWords(entry)], ['Who', entry.actor_name], ['As', entry.actor_kind], ['When', <Time key="t" value={entry.at} mode="absolute" seconds showZone />],
        ['From', entry.address], ['Object', entry.object_id ? `${entry.kind} ${entry.object_id}` : entry.kind],
      ]} />
      <SegmentedControl value={side} onChange={setSide} data={[{ value: 'changes', label: 'Changes' }, { value: 'before', label: 'Before' }, { value: 'after', label: 'After' }]} />
      {side === 'changes' ? <Changes entry={entry} />
        : json === null || json === undefined ? <Text c="dimmed">There was nothing {side}.</Text> : <pre className={css.json} tabIndex={0}>{JSON.stringify(json, null, 2)}</pre>}
    </Stack>
  );
}

function Changes({ entry }: { entry: Entry }) {
  const before = record(entry.before), after = record(entry.after);
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  if (keys.length === 0) return <Text c="dimmed">No field changed.</Text>;
  return <Details items={keys.map((key) => [word(key), `${show(before[key])} → ${show(after[key])}`] as const)} />;
}

const record = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? value as Record<string, unknown> : {});
const show = (value: unknown): string => (value === undefined || value === null || value === '' ? '–' : typeof value === 'string' ? value : JSON.stringify(value));

/** Who changed what, and when; entries of deleted objects stay. */
export function AuditPage() {
  const state = useListState();
  const drawer = useDrawer('entry');
  const query = useList(['audit', state.params], ({ cursor, limit, signal }) =>
    ok(api.GET('/api/v1/audit', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  // Another page may have asked for one object or one kind of change: that is a chip to be taken off, never hidden.
  const linked = (['object_id', 'action'] as const).flatMap((key) => (state.params[key] ? [{ key, label: key === 'object_id' ? 'Id' : 'Action', options: [{ value: state.params[key], label: state.params[key] }] }] : []));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <SettingsFrame>
      <ListPage name="audit" title="Audit log" crumbs={settingsCrumb} noun={{ one: 'entry', many: 'entries' }} query={query} state={state} columns={columns}
        rowKey={(entry) => entry.id} rowLabel={auditWords} onPreview={(entry) => { drawer.open(entry.id); }} searchLabel="Search object, person, action"
        filters={[...linked, { key: 'kind', label: 'Object', options: kinds.map((kind) => ({ value: kind, label: word(kind) })) }, { key: 'actor_kind', label: 'Done by', options: [{ value: 'user', label: 'A person' }, { value: 'token', label: 'An API token' }, { value: 'system', label: 'Fidelia itself' }, { value: 'cli', label: 'The command line' }] }]}
        help={{ text: 'Every change of configuration stands here with what was before and after. Nothing can be removed from it.', api: '/api/docs' }}
        empty={<AllDone>Nothing was changed yet.</AllDone>} />
      <SideDrawer name="entry" title="Before and after">
        {(id) => {
          const entry = rows.find((row) => String(row.id) === id);
          return entry ? <EntryDetails entry={entry} /> : <Text c="dimmed">This entry is not among those shown. Load more, or change the filters.</Text>;
        }}
      </SideDrawer>
    </SettingsFrame>
  );
}
