import { Alert, List, Text } from '@mantine/core';
import { IconLock, IconPencil, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { useDatabases, type Database } from '@/api/database';
import { failToast, formatCount, JobProgress, Loaded, Page, PageTabs, paths, Section, Time, ToneBadge, undoToast, useGo, useIdParam, type PageAction, type PageTab } from '@/kit';
import { useQueryClient } from '@tanstack/react-query';
import { FlowTab } from './FlowTab';
import { LogTab } from './LogTab';
import { MembersTab } from './MembersTab';
import { kindOf, useSegment, type SegmentDetail } from './model';
import { RunsTab } from './RunsTab';
import { ScheduleTab } from './ScheduleTab';

function useActions(segment: SegmentDetail | undefined, onJob: (id: string) => void): { primary?: PageAction; secondary: PageAction[]; menu: PageAction[] } {
  const go = useGo();
  const canUpdate = useCan('segments:update'), canRun = useCan('segments:run'), canArchive = useCan('segments:delete'), canRead = useCan('profiles:read'), canCreate = useCan('segments:create');
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
    refresh: [['segments']], run: async (from: SegmentDetail, { headers }) => {
      const made = await ok(api.POST('/api/v1/segments', { body: { database_id: from.database_id, type: 'static', name: `${from.name} (list)` }, headers }));
      const { job } = await ok(api.POST('/api/v1/segments/{segment_id}/fill', { params: { path: { segment_id: made.id } }, body: { condition: { kind: 'member', of: { segment: from.id } } }, headers: { 'Idempotency-Key': `${headers['Idempotency-Key']}-fill` } }));
      return { id: made.id, job: job.id };
    }, onDone: (made) => { onJob(made.job); go(paths.segment(made.id)); },
  });
  if (!segment) return { secondary: [], menu: [] };
  const { id, type, archived_at: archived } = segment;
  if (archived) return { secondary: [], menu: [], ...(canArchive ? { primary: { label: 'Restore segment', onClick: () => { restore.mutate(id, { onError: failToast }); }, loading: restore.isPending } } : {}) };
  const recalculate: PageAction = { label: type === 'updatable' ? 'Recalculate' : 'Count now', icon: <IconRefresh size={16} />, onClick: () => { (type === 'updatable' ? refill : count).mutate(id, { onError: failToast }); }, loading: refill.isPending || count.isPending };
  const download = () => { window.location.assign(`/api/v1/segments/${id}/export`); };
  const remove = () => {
    archive.mutate(id, {
      onSuccess: () => { undoToast('Segment archived', () => restore.mutateAsync(id)); go(paths.segments()); },
      onError: failToast,
    });
  };
  return {
    ...(canUpdate && type !== 'static' ? { primary: { label: 'Edit rules', icon: <IconPencil size={16} />, href: paths.segmentEdit(id), shortcut: 'E' } } : {}),
    secondary: canRun && type !== 'static' ? [recalculate] : [],
    menu: [
      ...(canRead ? [{ label: 'Export as CSV', onClick: download }] : []),
      ...(canCreate && type !== 'static' ? [{ label: 'Copy into a new segment', href: `${paths.segmentNew()}?type=${type}&start=${id}` }] : []),
      ...(canCreate && canUpdate && type !== 'static' ? [{ label: 'Save its people as a static list', onClick: () => { keep.mutate(segment, { onError: failToast }); } }] : []),
      ...(canArchive ? [{ label: 'Archive segment', danger: true, onClick: remove }] : []),
    ],
  };
}

function UsedBy({ segment }: { segment: SegmentDetail }) {
  return (
    <Section title={segment.used_by.length === 0 ? 'Not used yet' : `Used by ${segment.used_by.length}`}>
      {segment.used_by.length === 0 ? <Text c="dimmed">Mailings, campaigns and other segments that use this one will stand here.</Text> : <List size="sm">{segment.used_by.map((name) => <List.Item key={name}>{name}</List.Item>)}</List>}
    </Section>
  );
}

function tabsOf(segment: SegmentDetail, database: Database | undefined): PageTab[] {
  const tabs: PageTab[] = [{ value: 'members', label: 'Members', count: segment.size, render: () => <MembersTab segment={segment} database={database} /> }];
  if (segment.type === 'updatable') {
    tabs.push({ value: 'flow', label: 'Size and flow', render: () => <FlowTab segmentId={segment.id} /> }, { value: 'runs', label: 'Runs', render: () => <RunsTab segment={segment} /> },
      { value: 'schedule', label: 'Schedule', render: () => <ScheduleTab segment={segment} zone={database?.timezone ?? 'UTC'} /> });
  }
  if (segment.type === 'static') tabs.push({ value: 'log', label: 'Log', render: () => <LogTab segment={segment} database={database} /> });
  tabs.push({ value: 'used', label: 'Used by', count: segment.used_by.length, render: () => <UsedBy segment={segment} /> });
  return tabs;
}

/** One segment: what it is, who is in it, how it grew. */
export function SegmentPage() {
  const id = useIdParam('segmentId');
  const query = useSegment(id);
  const segment = query.data;
  const client = useQueryClient();
  const [jobId, setJobId] = useState<string | null>(null);
  const running = jobId ?? (segment?.last_run?.state === 'running' || segment?.last_run?.state === 'queued' ? segment.last_run.job_id : null);
  const database = useDatabases()?.find((db) => db.id === segment?.database_id);
  const actions = useActions(segment, setJobId);
  const kind = segment && kindOf(segment.type);
  const facts = segment ? [
    segment.size === null ? 'not counted yet' : formatCount(segment.size, 'person', 'people'), segment.calculated_at && <>as of <Time value={segment.calculated_at} /></>,
    segment.next_run_at && <>next run <Time value={segment.next_run_at} /></>, segment.database,
  ] : [];
  const onEnd = () => { setJobId(null); void client.invalidateQueries({ queryKey: ['segments'] }); };
  return (
    <Page title={segment?.name ?? 'Segment'} crumbs={[{ label: 'Segments', href: paths.segments() }]} facts={facts} {...actions}
      badges={kind && <><ToneBadge tone={kind.tone} icon={kind.icon}>{kind.label}</ToneBadge>{segment.archived_at && <ToneBadge icon={IconLock}>Archived</ToneBadge>}</>}
      help={{ text: 'Who is in this segment, and why. Dynamic segments are worked out each time; updatable ones keep their list until the next run; static ones change by hand, import or API.' }}>
      <Loaded query={query} what="the segment">
        {(found) => (
          <>
            {found.problems.length > 0 && <Alert color="clay" title="These rules no longer work" mb="md"><List size="sm">{found.problems.map((p) => <List.Item key={p}>{p}</List.Item>)}</List></Alert>}
            {running && <Section><JobProgress id={running} onEnd={onEnd} /></Section>}
            {found.description && <Text mb="sm">{found.description}</Text>}
            {found.sentence && <Text c="dimmed">{found.sentence}</Text>}
          </>
        )}
      </Loaded>
      {segment && <PageTabs tabs={tabsOf(segment, database)} />}
    </Page>
  );
}
