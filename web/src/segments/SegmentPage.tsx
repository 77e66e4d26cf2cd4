import { Alert, Box, List, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useState } from 'react';
import { useDatabases, type Database } from '@/api/database';
import { formatCount, JobProgress, Loaded, named, Page, PageTabs, paths, Section, SideDrawer, TagList, Time, ToneBadge, useDrawer, useIdParam, type PageTab } from '@/kit';
import { useQueryClient } from '@tanstack/react-query';
import { DetailsForm } from './DetailsForm';
import { ExportDialog } from './ExportDialog';
import { FlowTab } from './FlowTab';
import { LogTab } from './LogTab';
import { MembersTab } from './MembersTab';
import { kindOf, useSegment, type SegmentDetail } from './model';
import { RunsTab } from './RunsTab';
import { ScheduleTab } from './ScheduleTab';
import { SizeTrend } from './SizeTrend';
import { tagHref } from './tagging';
import { useActions } from './useActions';

function UsedBy({ segment }: { segment: SegmentDetail }) {
  return (
    <Section title={segment.used_by.length === 0 ? 'Not used yet' : `Used by ${segment.used_by.length}`}>
      {segment.used_by.length === 0 ? <Text c="dimmed">Mailings, campaigns and other segments that use this one will stand here.</Text> : <List size="sm">{segment.used_by.map((name) => <List.Item key={name}>{name}</List.Item>)}</List>}
    </Section>
  );
}

function tabsOf(segment: SegmentDetail, database: Database | undefined): PageTab[] {
  const tabs: PageTab[] = [{ value: 'members', label: 'Members', count: segment.size, render: () => <MembersTab segment={segment} database={database} /> }];
  if (segment.type !== 'dynamic') tabs.push({ value: 'flow', label: 'Size and flow', render: () => <FlowTab segment={segment} /> });
  if (segment.type === 'updatable') {
    tabs.push({ value: 'runs', label: 'Runs', render: () => <RunsTab segment={segment} /> },
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
  const [exporting, setExporting] = useState(false);
  const details = useDrawer('details');
  const actions = useActions(segment, setJobId, () => { setExporting(true); }, () => { details.open(); });
  const kind = segment && kindOf(segment.type);
  const facts = segment ? [
    segment.size === null ? 'not counted yet' : formatCount(segment.size, 'person', 'people'), segment.type !== 'dynamic' && !segment.archived_at && segment.size !== null && <SizeTrend segmentId={segment.id} />, segment.calculated_at && <>as of <Time value={segment.calculated_at} /></>,
    segment.next_run_at && <>next run <Time value={segment.next_run_at} /></>, segment.database,
  ] : [];
  const onEnd = () => { setJobId(null); void client.invalidateQueries({ queryKey: ['segments'] }); };
  return (
    <Page title={named(query, (found) => found.name, 'Segment')} crumbs={[{ label: 'Segments', href: paths.segments() }]} facts={facts} {...actions}
      badges={kind && <><ToneBadge tone={kind.tone} icon={kind.icon}>{kind.label}</ToneBadge>{segment.archived_at && <ToneBadge icon={IconLock}>Archived</ToneBadge>}</>}
      help={{ text: 'Who is in this segment, and why. Dynamic segments are worked out each time; updatable ones keep their list until the next run; static ones change by hand, import or API.' }}>
      <Loaded query={query} what="the segment">
        {(found) => (
          <>
            {found.problems.length > 0 && <Alert color="clay" title="These rules no longer work" mb="md"><List size="sm">{found.problems.map((p) => <List.Item key={p}>{p}</List.Item>)}</List></Alert>}
            {running && <Section><JobProgress id={running} onEnd={onEnd} /></Section>}
            {found.tags.length > 0 && <Box mb="sm"><TagList tags={found.tags} most={20} hrefOf={tagHref} /></Box>}
            {found.description && <Text mb="sm">{found.description}</Text>}
            {found.sentence && <Text c="dimmed">{found.sentence}</Text>}
          </>
        )}
      </Loaded>
      {exporting && segment && <ExportDialog databaseId={segment.database_id} audience={{ segment: segment.id }} title={segment.name} count={segment.size} onClose={() => { setExporting(false); }} />}
      <SideDrawer name="details" right="segments:update" title="Name, description and tags">{() => segment && <DetailsForm segment={segment} onClose={details.close} />}</SideDrawer>
      {segment && <PageTabs tabs={tabsOf(segment, database)} />}
    </Page>
  );
}
