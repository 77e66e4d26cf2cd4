import { Button, Stack, Switch, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconLink, IconMailPlus, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, failToast, FirstUse, formatCount, Loaded, MenuActions, paths, Section, SmallTable, StateBadge, Term, undoToast, type Column } from '@/kit';
import { isOpen, type Campaign } from '../model';
import { activityKind, atWork, keyOf, reachWords, receivesWords, useActivities, type CampaignActivity, type Widening } from './model';
import { Widens } from './Widens';
import { Cards } from './Cards';

type Change = { activity: CampaignActivity; widens?: Widening[]; exempt?: boolean };

function useChanges(campaign: Campaign) {
  const refresh = [['campaigns'], ['mailings']];
  const at = (a: CampaignActivity) => ({ params: { path: { campaign_id: campaign.id, kind: a.kind, object_id: a.id } } });
  const change = useAction({ refresh, run: ({ activity, ...body }: Change) => ok(api.PATCH('/api/v1/campaigns/{campaign_id}/activities/{kind}/{object_id}', { ...at(activity), body })) });
  const attach = useAction({ refresh, run: (a: CampaignActivity, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/activities', { params: { path: { campaign_id: campaign.id } }, body: { kind: 'mailing', id: a.id, widens: a.widens, exempt: a.exempt }, headers })) });
  const detach = useAction({ refresh, run: (a: CampaignActivity) => ok(api.DELETE('/api/v1/campaigns/{campaign_id}/activities/{kind}/{object_id}', at(a))) });
  const put = (values: Change) => { change.mutate(values, { onError: failToast }); };
  return {
    busy: change.isPending ? change.variables : null,
    widens: (activity: CampaignActivity, widens: Widening[]) => { put({ activity, widens }); },
    exempt: async (activity: CampaignActivity, exempt: boolean) => {
      const many = campaign.control_size > 0 ? ` (${formatCount(campaign.control_size, 'person', 'people')})` : '';
      const yes = !exempt || campaign.state !== 'active' || await confirmConsequence({
        title: `Send ${activity.name} to everybody?`, action: 'Send to everybody', keep: 'Keep them back',
        body: `Whoever is kept back${many} gets it too from now on, and so do members of the global control group. The report no longer shows what it changes. Unsubscribes and stop lists hold all the same.`,
      });
      if (yes) put({ activity, exempt });
    },
    detach: (a: CampaignActivity) => { detach.mutate(a, { onSuccess: () => { undoToast(`${a.name} detached`, () => attach.mutateAsync(a)); }, onError: failToast }); },
  };
}

type Changes = ReturnType<typeof useChanges>;

function columnsOf(campaign: Campaign, can: boolean, changes: Changes): Column<CampaignActivity>[] {
  const busy = (a: CampaignActivity) => changes.busy !== null && keyOf(changes.busy.activity) === keyOf(a);
  return [
    { key: 'name', header: 'Activity', cell: (a) => (a.kind === 'mailing' ? <AppLink href={paths.mailing(a.id)}>{a.name}</AppLink> : a.name) },
    { key: 'state', header: 'State', priority: 1, cell: (a) => <StateBadge state={a.state} size="sm" /> },
    { key: 'kind', header: 'Kind', priority: 2, cell: activityKind },
    { key: 'receives', header: 'Who gets it', align: 'right', priority: 2, cell: (a) => <><span className="fd-num">{receivesWords(a, campaign)}</span><Text size="xs" c="dimmed">{reachWords(a, campaign)}</Text></> },
    { key: 'widens', header: 'Widens the audience', priority: 2, cell: (a) => <Widens activity={a} onChange={can ? (widens) => { changes.widens(a, widens); } : undefined} /> },
    {
      key: 'exempt', header: 'Control gets it too', priority: 2, cell: (a) => (can
        ? <Switch aria-label={`${a.name}: the control group gets it too`} checked={a.exempt} disabled={busy(a)} onChange={(event) => { changes.exempt(a, event.currentTarget.checked).catch(failToast); }} />
        : a.exempt ? 'yes' : 'no'),
    },
    ...(can ? [{
      key: 'actions', header: 'Actions', align: 'right' as const, priority: 1 as const, cell: (a: CampaignActivity) => (
        <MenuActions label={`Actions for ${a.name}`} actions={[{ label: a.removable ? `Cannot be detached. ${a.removable}` : 'Detach', danger: a.removable === null, disabled: a.removable !== null, onClick: () => { changes.detach(a); } }]} />
      ),
    }] : []),
  ];
}

/** What the campaign sends: who gets each activity, whom it brings in, and whether those kept back get it too. */
export function ActivitiesTab({ campaign, onAttach, onNew }: { campaign: Campaign; onAttach: () => void; onNew: () => void }) {
  const query = useActivities(campaign);
  const can = useCan('campaigns:update') && isOpen(campaign), makes = useCan('mailings:create'), attaches = useCan('mailings:update');
  const changes = useChanges(campaign);
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const add = can && makes ? { label: 'New mailing here', icon: <IconPlus size={16} />, onClick: onNew } : undefined;
  const attach = can && attaches ? { label: 'Attach an existing one', icon: <IconLink size={16} />, onClick: onAttach } : undefined;
  return (
    <Loaded query={query} what="the activities">
      {({ items }) => (items.length === 0 ? (
        <FirstUse icon={IconMailPlus} title={can ? 'Add what people get' : 'Nothing was sent'} primary={add ?? attach} secondary={add && attach}
          text={can ? 'Mailings of a campaign go to its people only, and never to those who are kept back. Make one here, or attach a draft that is there already.' : 'This campaign has no activity.'} />
      ) : (
        <Stack gap="sm">
          {attach && <div><Button variant="default" leftSection={attach.icon} onClick={attach.onClick}>{attach.label}</Button></div>}
          <Section>{narrow ? <Cards columns={columnsOf(campaign, can, changes)} rows={items} /> : <SmallTable label="Activities of the campaign" columns={columnsOf(campaign, can, changes)} rows={items} rowKey={keyOf} />}</Section>
          <Text size="xs" c="dimmed">
            <Term meaning="As things stand: its own segment, the people of the campaign, without those who are kept back. Consent, stop lists and frequency take more away when it is sent; its own page counts them.">Who gets it</Term> is counted before consent and stop lists.
            {campaign.state === 'draft' && items.some((a) => !atWork(a)) && ' Activities can be started once the campaign is.'}
          </Text>
        </Stack>
      ))}
    </Loaded>
  );
}
