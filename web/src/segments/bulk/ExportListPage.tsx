import { Button, Text } from '@mantine/core';
import { IconDownload, IconFileExport } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import type { components } from '@/api/schema';
import { FirstUse, formatBytes, formatCount, formatNumber, ListPage, Num, paths, StateBadge, Time, useIdParam, useListState, usePatchSearch, useSearchParam, type Column } from '@/kit';
import { useFigure } from '@/profiles/figures';
import { ExportDialog } from '../ExportDialog';
import { audienceOf } from './model';

type Export = components['schemas']['ProfileExport'];

/** `Writing 4,000 of 12,000`, or what stopped it. */
export const exportWords = (e: Pick<Export, 'state' | 'rows' | 'done'>): string | undefined => {
  if (e.state === 'queued' && e.rows === null) return 'Finding the people';
  if (e.state === 'running') return e.rows === null ? 'Finding the people' : `Writing ${formatNumber(e.done)} of ${formatNumber(e.rows)}`;
  return undefined;
};

function Progress({ file }: { file: Export }) {
  return (
    <>
      <StateBadge state={file.state} size="sm" label={exportWords(file)} />
      {file.error && <Text size="xs" c="error">{file.error}</Text>}
    </>
  );
}

const ended = (e: Export) => e.state !== 'queued' && e.state !== 'running';

const columns: Column<Export>[] = [
  { key: 'title', header: 'Who', sort: 'title', cell: (e) => e.title || e.file_name },
  { key: 'file', header: 'File', sort: 'file_name', cell: (e) => e.file_name, priority: 3 },
  { key: 'state', header: 'State', priority: 1, cell: (e) => <Progress file={e} /> },
  { key: 'rows', header: 'People', sort: 'rows', align: 'right', cell: (e) => <Num value={e.rows} />, priority: 2 },
  { key: 'size', header: 'Size', sort: 'size', align: 'right', cell: (e) => (e.size === null ? null : <span style={{ whiteSpace: 'nowrap' }}>{formatBytes(e.size)}</span>), priority: 3 },
  { key: 'by', header: 'By', sort: 'actor', cell: (e) => e.actor, priority: 3 },
  { key: 'at', header: 'When', sort: 'created_at', cell: (e) => <Time value={e.created_at} />, priority: 2 },
  { key: 'until', header: 'Removed', cell: (e) => <Time value={e.expires_at} />, priority: 3 },
  { key: 'actions', header: 'Download', priority: 1, cell: (e) => (e.url ? <Button component="a" size="compact-xs" variant="default" leftSection={<IconDownload size={14} />} style={{ display: 'inline-flex', alignItems: 'center' }} href={e.url} download aria-label={`Download ${e.file_name}`}>Download</Button> : null) },
];

/** The files of people that were asked for; each is kept for a week. */
export function ExportListPage() {
  const databaseId = useIdParam('databaseId');
  const state = useListState({ defaultSort: '-created_at' });
  const [asking, setAsking] = useState(false);
  // Another page asks for a file of what it has found or chosen: ?ids=1,2, ?of=city:Oslo, ?figure=import:5:created, ?everybody=1.
  const [ids] = useSearchParam('ids'), [of] = useSearchParam('of'), [figure] = useSearchParam('figure'), [everybody] = useSearchParam('everybody');
  const patch = usePatchSearch();
  const audience = audienceOf({ ids, figure, q: of });
  const figured = useFigure(databaseId, figure).data;
  const title = audience.profile_ids ? formatCount(audience.profile_ids.length, 'profile', 'profiles') : figure ? `whom this counts: ${figured?.title ?? figure}${of ? `, found by “${of}”` : ''}` : of ? `who is found by “${of}”` : 'everybody';
  const query = useList<Export>(['exports', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases/{database_id}/exports', { params: { path: { database_id: databaseId }, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })), { unsettled: (e) => !ended(e) });
  const add = { label: 'Export everybody', icon: <IconFileExport size={16} />, shortcut: 'N', onClick: () => { setAsking(true); } };
  return (
    <>
      <ListPage<Export> name="exports" title="Files of people" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }]} noun={{ one: 'file', many: 'files' }} query={query} state={state} columns={columns} rowKey={(e) => e.id} rowLabel={(e) => e.title} primary={add}
        help={{ text: 'Exports of profiles and segments. A file is removed a week after it was asked for.' }}
        empty={<FirstUse icon={IconFileExport} title="Take people with you" text="A file of everybody, a search, a choice or a segment, with the columns you need: CSV, Excel or JSON lines." primary={add} />} />
      {(asking || ids || of || figure || everybody) && <ExportDialog databaseId={databaseId} audience={audience} title={title} onClose={() => { setAsking(false); patch({ ids: undefined, of: undefined, figure: undefined, everybody: undefined }, { replace: true }); void query.refetch(); }} />}
    </>
  );
}
