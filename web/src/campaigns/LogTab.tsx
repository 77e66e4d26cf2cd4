import { Stack, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { AllDone, AppLink, formatDuration, ListView, Num, paths, StateBadge, Time, useListState, type Column } from '@/kit';
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

const auditHref = (id: number): string => `${paths.settings('audit')}?filter=${encodeURIComponent(JSON.stringify({ kind: ['campaign'], object_id: [String(id)] }))}`;

/** Every time people were taken in or let go, with what came of it; and where the changes of settings stand. */
export function LogTab({ campaign }: { campaign: Campaign }) {
  const zone = useDatabases()?.find((d) => d.id === campaign.database_id)?.timezone;
  const state = useListState();
  const seesAudit = useCan('audit:read');
  const query = useList<CampaignRun>(['campaigns', campaign.id, 'history', campaign.open_run?.id, campaign.last_run?.id], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}/history', { params: { path: { campaign_id: campaign.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })), { unsettled: (r) => r.state === 'queued' || r.state === 'running' });
  return (
    <Stack gap="sm">
      {seesAudit && <Text>Who changed its settings, started or completed it stands in the <AppLink href={auditHref(campaign.id)}>audit log of this campaign</AppLink>.</Text>}
      <ListView<CampaignRun> name="campaign.runs" query={query} state={state} columns={columnsOf(zone)} rowKey={(r) => r.id} rowLabel={(r) => `Run ${r.id}`} noun={{ one: 'run', many: 'runs' }} searchLabel={null}
        empty={<AllDone>Nobody was taken in yet. That happens when the campaign is started.</AllDone>} />
    </Stack>
  );
}
