import { List, Text } from '@mantine/core';
import { IconFilter, IconPencil, IconRefresh } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, failToast, paths, undoToast, useGo, type PageAction } from '@/kit';
import type { SegmentDetail } from './model';

interface Actions { primary?: PageAction; secondary: PageAction[]; menu: PageAction[] }

/** What can be done with a segment; `onJob` follows long work, `onExport` asks for a file, `onDetails` for its name and tags. */
export function useActions(segment: SegmentDetail | undefined, onJob: (id: string) => void, onExport: () => void, onDetails: () => void): Actions {
  const go = useGo();
  const canUpdate = useCan('segments:update'), canRun = useCan('segments:run'), canArchive = useCan('segments:delete'), canRead = useCan('profiles:read'), canCreate = useCan('segments:create'), canChange = useCan('profiles:update'), campaigns = useCan('campaigns:create');
  const restore = useAction({ refresh: [['segments']], run: (id: number, { headers }) => ok(api.POST('/api/v1/segments/{segment_id}/restore', { params: { path: { segment_id: id } }, headers })) });
  const archive = useAction({ refresh: [['segments']], run: (id: number, { headers }) => ok(api.DELETE('/api/v1/segments/{segment_id}', { params: { path: { segment_id: id } }, headers })) });
  const refill = useAction({
    refresh: [['segments']], run: (id: number, { headers }) => ok(api.POST('/api/v1/segments/{segment_id}/recalculate', { params: { path: { segment_id: id } }, body: {}, headers })),
    onDone: (reply) => { onJob(reply.job.id); },
  });
  const count = useAction({
    refresh: [['segments']], run: (id: number, { headers }) => ok(api.POST('/api/v1/segments/{segment_id}/calculate', { params: { path: { segment_id: id } }, body: { limit: 0 }, headers })),
    onDone: (reply) => { if ('job' in reply) onJob((reply as { job: { id: string } }).job.id); },
  });
  const keep = useAction({
    refresh: [['segments']], run: (from: SegmentDetail, { headers }) => ok(api.POST('/api/v1/segments/static', { body: { name: `${from.name} (list)`, segment: from.id }, headers })),
    onDone: (made) => { if (made.job) onJob(made.job.id); go(paths.segment(made.segment.id)); },
  });
  if (!segment) return { secondary: [], menu: [] };
  const { id, type, archived_at: archived } = segment;
  if (archived) return { secondary: [], menu: [], ...(canArchive ? { primary: { label: 'Restore segment', onClick: () => { restore.mutate(id, { onError: failToast }); }, loading: restore.isPending } } : {}) };
  const recalculate: PageAction = { label: type === 'updatable' ? 'Recalculate' : 'Count now', icon: <IconRefresh size={16} />, onClick: () => { (type === 'updatable' ? refill : count).mutate(id, { onError: failToast }); }, loading: refill.isPending || count.isPending };
  const remove = async () => {
    if (segment.used_by.length > 0) {
      const look = await confirmConsequence({
        title: `${segment.name} is in use`, action: 'See who uses it', keep: 'Keep segment',
        body: <><Text mb="xs">It cannot be archived while it is used. Choose another segment there first.</Text><List size="sm">{segment.used_by.map((name) => <List.Item key={name}>{name}</List.Item>)}</List></>,
      });
      if (look) go(`${paths.segment(id)}?tab=used`);
      return;
    }
    archive.mutate(id, { onSuccess: () => { undoToast('Segment archived', () => restore.mutateAsync(id)); go(paths.segments()); }, onError: failToast });
  };
  return {
    ...(canUpdate && type !== 'static' ? { primary: { label: 'Edit rules', icon: <IconPencil size={16} />, href: paths.segmentEdit(id), shortcut: 'E' } } : {}),
    secondary: [
      ...(canRun && type !== 'static' ? [recalculate] : []),
      ...(canUpdate && type === 'static' ? [{ label: 'Fill from rules', icon: <IconFilter size={16} />, href: paths.segmentFill(id) }] : []),
    ],
    menu: [
      ...(canUpdate ? [{ label: 'Name, description and tags…', onClick: onDetails }] : []),
      ...(canChange ? [{ label: 'Change these people…', href: `${paths.bulkUpdateNew(segment.database_id)}?segment=${id}` }] : []),
      ...(campaigns && type === 'static' ? [{ label: 'New campaign for this list', href: `${paths.campaignNew()}?segment=${id}` }] : []),
      ...(canRead ? [{ label: 'Export these people…', onClick: onExport }] : []),
      ...(canRun ? [{ label: 'Compare with other segments', href: `${paths.segmentCompare()}?ids=${id}` }] : []),
      ...(canCreate && type !== 'static' ? [{ label: 'Duplicate into a new segment', href: `${paths.segmentNew()}?type=${type}&start=${id}` }] : []),
      ...(canCreate ? [{ label: type === 'static' ? 'Duplicate the list' : 'Save as static', onClick: () => { keep.mutate(segment, { onError: failToast }); } }] : []),
      ...(canArchive ? [{ label: 'Archive segment', danger: true, onClick: () => void remove() }] : []),
    ],
  };
}
