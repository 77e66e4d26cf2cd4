import { Stack, Text, Title } from '@mantine/core';
import { Fragment } from 'react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { AllDone, AppLink, formatDuration, ListView, Num, paths, StateBadge, Time, useListState, type Column } from '@/kit';
import { actionWords, changeLines, type LogEntry } from './log';
import type { Campaign, CampaignRun } from './model';

/** By what a build or refresh was started. */
const sources: Readonly<Record<string, string>> = { segment: 'the list changed', start: 'at the start', activate: 'at the start', hand: 'by hand', api: 'by the API', audience: 'an activity was launched', control: 'the control group changed', schedule: 'on schedule', system: 'by Fidelia' };
const why = (r: CampaignRun): string => [sources[r.source] ?? r.source.replaceAll('_', ' '), r.actor && r.actor !== 'Fidelia' ? r.actor : ''].filter(Boolean).join(', ');

const columnsOf = (zone: string | undefined): Column<CampaignRun>[] => [
  { key: 'at', header: 'When', cell: (r) => <Time value={r.queued_at} mode="absolute" zone={zone} /> },
  { key: 'state', header: 'Result', priority: 1, cell: (r) => <StateBadge state={r.state} size="sm" /> },
  { key: 'joined', header: 'Joined', align: 'right', priority: 2, cell: (r) => <Num value={r.joined} /> },
  { key: 'kept_back', header: 'Kept back', align: 'right', priority: 2, cell: (r) => <Num value={r.kept_back} /> },
  { key: 'gone', header: 'Left', align: 'right', priority: 2, cell: (r) => <Num value={r.gone} /> },
  { key: 'audience', header: 'People after', align: 'right', priority: 3, cell: (r) => <Num value={r.audience} /> },
  { key: 'took', header: 'Took', align: 'right', priority: 3, cell: (r) => formatDuration(r.took_ms) },
  { key: 'why', header: 'Why', priority: 3, cell: why },
  { key: 'note', header: 'Note', priority: 2, cell: (r) => (r.error ? <Text span size="sm" c="error">{r.error}</Text> : r.warnings.map((w) => w.message).join(' ') || null) },
];

const changeColumns = (zone: string | undefined): Column<LogEntry>[] => [
  { key: 'what', header: 'What', cell: actionWords },
  { key: 'changed', header: 'Changed', priority: 2, cell: (e) => { const [first, ...more] = changeLines(e); return first ? <>{first}{more.map((line) => <Fragment key={line}><br />{line}</Fragment>)}</> : null; } },
  { key: 'who', header: 'Who', priority: 2, cell: (e) => e.actor },
  { key: 'at', header: 'When', priority: 2, cell: (e) => <Time value={e.at} mode="absolute" zone={zone} /> },
];

const auditHref = (id: number): string => `${paths.settings('audit')}?filter=${encodeURIComponent(JSON.stringify({ kind: ['campaign'], object_id: [String(id)] }))}`;

/** What was done with the campaign, and every time people were taken in or let go, with what came of it. */
export function LogTab({ campaign }: { campaign: Campaign }) {
  const zone = useDatabases()?.find((d) => d.id === campaign.database_id)?.timezone;
  const state = useListState();
  const seesAudit = useCan('audit:read');
  const path = { campaign_id: campaign.id };
  const changes = useList<LogEntry>(['campaigns', campaign.id, 'log'], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}/log', { params: { path, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const runs = useList<CampaignRun>(['campaigns', campaign.id, 'history', campaign.open_run?.id, campaign.last_run?.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}/history', { params: { path, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })), { unsettled: (r) => r.state === 'queued' || r.state === 'running' });
  return (
    <Stack gap="xl">
      <section aria-labelledby="campaign-changes">
        <Title order={2} id="campaign-changes" size="h4" mb="xs">What was done</Title>
        <ListView<LogEntry> name="campaign.log" query={changes} state={state} columns={changeColumns(zone)} rowKey={(e) => e.id} rowLabel={actionWords} noun={{ one: 'change', many: 'changes' }} searchLabel={null} empty={<AllDone>Nothing was changed yet.</AllDone>} />
        {seesAudit && <Text size="sm" c="dimmed" mt="xs">From which address each was done stands in the <AppLink href={auditHref(campaign.id)}>audit log of this campaign</AppLink>.</Text>}
      </section>
      <section aria-labelledby="campaign-people">
        <Title order={2} id="campaign-people" size="h4" mb="xs">People taken in and let go</Title>
        <ListView<CampaignRun> name="campaign.runs" query={runs} state={state} columns={columnsOf(zone)} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null}
          empty={<AllDone>Nobody was taken in yet. That happens when the campaign is started.</AllDone>} />
      </section>
    </Stack>
  );
}
