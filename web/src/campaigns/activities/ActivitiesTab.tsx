import { Button, Stack, Switch, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconLink, IconMailPlus, IconPlus } from '@tabler/icons-react';
import { useCan } from '@/api/session';
import { AppLink, failToast, FirstUse, Loaded, MenuActions, paths, Section, SmallTable, StateBadge, Term, type Column } from '@/kit';
import { isOpen, type Campaign } from '../model';
import { activityKind, atWork, keyOf, reachWords, receivesWords, useActivities, type CampaignActivity } from './model';
import { useChanges, type Changes } from './useChanges';
import { Widens } from './Widens';
import { Cards } from './Cards';

function columnsOf(campaign: Campaign, can: boolean, changes: Changes): Column<CampaignActivity>[] {
  return [
    { key: 'name', header: 'Activity', cell: (a) => (a.kind === 'mailing' ? <AppLink href={paths.mailing(a.id)}>{a.name}</AppLink> : a.name) },
    { key: 'state', header: 'State', priority: 1, cell: (a) => <StateBadge state={a.state} size="sm" /> },
    { key: 'kind', header: 'Kind', priority: 2, cell: activityKind },
    { key: 'receives', header: 'Who gets it', align: 'right', priority: 2, cell: (a) => <><span className="fd-num">{receivesWords(a, campaign)}</span><Text size="xs" c="dimmed">{reachWords(a, campaign)}</Text></> },
    { key: 'widens', header: 'Widens the audience', priority: 2, cell: (a) => <Widens activity={a} onChange={can ? (widens) => { changes.widens(a, widens); } : undefined} /> },
    {
      key: 'exempt', header: 'Control gets it too', priority: 2, cell: (a) => (can
        ? <Switch aria-label={`${a.name}: the control group gets it too`} checked={a.exempt} onChange={(event) => { changes.exempt(a, event.currentTarget.checked).catch(failToast); }} />
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
      {({ items: stored }) => { const items = stored.map(changes.shown); return items.length === 0 ? (
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
      ); }}
    </Loaded>
  );
}
