import { Alert, Button, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconLock } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, failToast, formatCount, formatNumber, JobProgress, Loaded, named, NoRight, Page, PageTabs, paths, Section, SideDrawer, StateBadge, Time, ToneBadge, useAnnounce, useDrawer, useIdParam, type PageTab } from '@/kit';
import { AttachPanel } from './activities/AttachPanel';
import { ActivitiesTab } from './activities/ActivitiesTab';
import { NewMailing } from './activities/NewMailing';
import { AudienceTab } from './audience/AudienceTab';
import { CloneForm } from './CloneForm';
import { DetailsForm } from './DetailsForm';
import { LogTab } from './LogTab';
import { useCampaign, type Campaign } from './model';
import { OverviewTab } from './OverviewTab';
import { CampaignReportTab } from './report/CampaignReportTab';
import { StateSteps } from './StateSteps';
import { useActions } from './useActions';

const BUILDING = 'People are being taken in and divided';

/** What is going on, or went wrong, with taking people in. */
function Progress({ campaign }: { campaign: Campaign }) {
  const client = useQueryClient();
  const can = useCan('campaigns:run');
  const again = useAction({
    refresh: [['campaigns']], run: async ({ id, state }: Pick<Campaign, 'id' | 'state'>, { headers }) => {
      const at = { params: { path: { campaign_id: id } }, headers };
      if (state === 'building') await ok(api.POST('/api/v1/campaigns/{campaign_id}/activate', at));
      else await ok(api.POST('/api/v1/campaigns/{campaign_id}/refresh', at));
    },
  });
  const { open_run: open, last_run: last } = campaign;
  useAnnounce(campaign.state === 'building' ? BUILDING : undefined);
  if (open?.job_id) {
    return <Section title={campaign.state === 'building' ? BUILDING : 'Newcomers are being taken in'}><JobProgress id={open.job_id} onEnd={() => { void client.invalidateQueries({ queryKey: ['campaigns'] }); }} /></Section>;
  }
  if (campaign.state !== 'draft' && campaign.state !== 'completed' && last && (last.state === 'failed' || last.state === 'cancelled')) {
    return (
      <Alert color="clay" mb="md" title={campaign.state === 'building' ? 'The campaign could not be started' : 'Newcomers could not be taken in'}>
        <Group justify="space-between"><Text>{last.error ?? 'It was cancelled.'} <Time value={last.finished_at} /></Text>{can && <Button variant="default" size="compact-sm" loading={again.isPending} onClick={() => { again.mutate(campaign, { onError: failToast }); }}>Try again</Button>}</Group>
      </Alert>
    );
  }
  if (campaign.state === 'building') return <Text mb="md">{BUILDING}.</Text>;
  return null;
}

function tabsOf(campaign: Campaign, can: { report: boolean }, open: { details: (() => void) | undefined; attach: () => void; newMailing: () => void }): PageTab[] {
  return [
    { value: 'overview', label: 'Overview', render: () => <OverviewTab campaign={campaign} onDetails={open.details} /> },
    { value: 'audience', label: 'Audience', count: campaign.state === 'draft' ? null : campaign.audience, render: () => <AudienceTab campaign={campaign} /> },
    { value: 'activities', label: 'Activities', count: campaign.activities, render: () => <ActivitiesTab campaign={campaign} onAttach={open.attach} onNew={open.newMailing} /> },
    { value: 'report', label: 'Report', render: () => (can.report ? <CampaignReportTab campaign={campaign} /> : <NoRight what="see reports" right="analytics:read" />) },
    { value: 'log', label: 'Log', render: () => <LogTab campaign={campaign} /> },
  ];
}

const factsOf = (c: Campaign, database: string | undefined) => [
  <AppLink key="s" href={paths.segment(c.segment_id)}>{c.segment_name}</AppLink>,
  c.state === 'draft' ? null : formatCount(c.audience, 'person', 'people'),
  c.control === null ? 'nobody kept back' : c.state === 'draft' ? `${formatNumber(c.control.percent)} % to be kept back` : `${formatNumber(c.control_size)} kept back`,
  c.completed_at ? <>completed <Time key="e" value={c.completed_at} /></> : c.started_at ? <>started <Time key="b" value={c.started_at} /></> : null,
  database,
];

/** The workspace of a campaign: who takes part, what they get, what it changed. */
export function CampaignPage() {
  const id = useIdParam('campaignId');
  const query = useCampaign(id);
  const campaign = query.data;
  const databases = useDatabases() ?? [];
  const can = { report: useCan('analytics:read'), update: useCan('campaigns:update') };
  const details = useDrawer('details'), clone = useDrawer('clone'), attach = useDrawer('attach'), newMailing = useDrawer('new-mailing');
  const open = { details: () => { details.open(); }, clone: () => { clone.open(); }, attach: () => { attach.open(); }, newMailing: () => { newMailing.open(); } };
  const { primary, secondary, menu } = useActions(campaign, open);
  const database = databases.length > 1 ? databases.find((d) => d.id === campaign?.database_id)?.name : undefined;
  return (
    <Page title={named(query, (c) => c.name, 'Campaign')} crumbs={[{ label: 'Campaigns', href: paths.campaigns() }]} primary={primary} secondary={secondary} menu={menu}
      badges={campaign && <><StateBadge state={campaign.state} />{campaign.archived_at && <ToneBadge icon={IconLock}>Archived</ToneBadge>}</>} facts={campaign ? factsOf(campaign, database) : []}
      help={{ text: 'Everything of one initiative. People come in from its list and by its activities, each is put on one side for good, and the report compares both sides.', guide: 'campaigns', api: '/campaigns' }}>
      <Loaded query={query} what="the campaign">
        {(found) => (
          <>
            <StateSteps state={found.state} />
            <Progress campaign={found} />
            <PageTabs tabs={tabsOf(found, can, { ...open, details: can.update && !found.archived_at ? open.details : undefined })} />
          </>
        )}
      </Loaded>
      <SideDrawer name="details" right="campaigns:update" title="Name, goal and cost">{() => campaign && <DetailsForm campaign={campaign} onClose={details.close} />}</SideDrawer>
      <SideDrawer name="clone" right="campaigns:create" title="Clone the campaign">{() => campaign && <CloneForm campaign={campaign} onClose={clone.close} />}</SideDrawer>
      <SideDrawer name="attach" size={720} right="campaigns:update" title="Attach an activity">{() => campaign && <AttachPanel campaign={campaign} onClose={attach.close} />}</SideDrawer>
      <SideDrawer name="new-mailing" right="mailings:create" title="New mailing here">{() => campaign && <NewMailing campaign={campaign} onClose={newMailing.close} />}</SideDrawer>
    </Page>
  );
}
