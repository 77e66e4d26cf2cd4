import { Alert, Button, Group, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { api, ok } from '@/api/client';
import { useChooseDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { CampaignLink } from '@/campaigns/CampaignLink';
import { failToast, formatCount, formatStamp, Loaded, named, Page, paths, SideDrawer, StateBadge, Time, ToneBadge, undoToast, useAnnounce, useDrawer, useGo, useIdParam, type PageAction } from '@/kit';
import { mailingKind } from './kinds';
import { MailingSetup } from './MailingSetup';
import { editable, useMailing, type Mailing } from './model';
import { PeopleTab } from './PeopleTab';
import { PlacementSetup } from './placement/PlacementSetup';
import { SlotTab } from './placement/SlotTab';
import { Reach, useEstimate } from './Reach';
import { ReportTab } from './ReportTab';
import { RunsTab } from './runs/RunsTab';
import { useRunActions, useVerbs } from './runs/useVerbs';
import { TestSend } from './TestSend';

/** The moments before the first mail leaves, in which the start can be taken back. */
function UndoBar({ mailing, onUndo }: { mailing: Mailing; onUndo: () => void }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => { const timer = setInterval(() => { setNow(Date.now()); }, 500); return () => { clearInterval(timer); }; }, []);
  const left = mailing.starts_at ? Math.max(0, Math.ceil((new Date(mailing.starts_at).getTime() - now) / 1000)) : 0;
  const words = mailing.state === 'scheduled' ? `${mailing.type === 'placement' ? 'Starts' : 'Goes out'} ${formatStamp(mailing.starts_at ?? '', { showZone: true })}` : left > 0 ? `Starts in 0:${String(left).padStart(2, '0')}` : 'Starting…';
  useAnnounce(mailing.state === 'scheduled' ? words : 'It starts in a moment. Undo takes it back.');
  return (
    <Alert color="iris">
      <Group justify="space-between"><Text className="fd-num">{words}</Text><Button variant="default" onClick={onUndo}>{mailing.state === 'scheduled' ? 'Unschedule' : 'Undo'}</Button></Group>
    </Alert>
  );
}

/** One mailing: its settings before, its report after. */
export function MailingPage() {
  const id = useIdParam('mailingId');
  const go = useGo();
  const choose = useChooseDatabase();
  const query = useMailing(id);
  const mailing = query.data;
  const canRun = useCan('mailings:run'), canCreate = useCan('mailings:create'), canDelete = useCan('mailings:delete');
  const drawer = useDrawer('test');
  const verb = useVerbs(mailing);
  const { menu, secondary } = useRunActions(mailing, verb);
  const clone = useAction({ refresh: [['mailings']], run: (_: null, { headers }) => ok(api.POST('/api/v1/mailings/{mailing_id}/clone', { params: { path: { mailing_id: id } }, body: {}, headers })), onDone: (made) => { go(paths.mailing(made.id)); } });
  const restore = useAction({ refresh: [['mailings']], run: (archived: number, { headers }) => ok(api.POST('/api/v1/mailings/{mailing_id}/restore', { params: { path: { mailing_id: archived } }, headers })) });
  const archive = useAction({ refresh: [['mailings']], run: (archived: number) => ok(api.DELETE('/api/v1/mailings/{mailing_id}', { params: { path: { mailing_id: archived } } })), onDone: () => {
    if (mailing) choose(mailing.database_id); // the list that opens is the one it stands in
    go(paths.mailings());
    undoToast(`${mailing?.name ?? 'Mailing'} archived`, () => restore.mutateAsync(id));
  } });
  const draft = mailing?.state === 'draft', placed = mailing?.type === 'placement';
  const recurring = mailing?.type === 'recurring' && !draft;
  const waits = mailing !== undefined && mailing.state !== 'starting' && mailing.state !== 'scheduled'; // it has begun, or never will
  const begun = mailing?.run_id !== null && mailing?.run_id !== undefined;
  const common: PageAction[] = [
    ...(canCreate ? [{ label: 'Clone', onClick: () => { clone.mutate(null, { onError: failToast }); } }] : []),
    ...(canDelete && mailing && !['active', 'sending', 'paused', 'starting', 'scheduled'].includes(mailing.state) ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(id, { onError: failToast }); } }] : []),
  ];
  return (
    <Page title={named(query, (found) => found.name, 'Mailing')} crumbs={[{ label: 'Mailings', href: paths.mailings() }]} badges={mailing && <><StateBadge state={mailing.state} />{mailing.type !== 'broadcast' && <ToneBadge icon={mailingKind(mailing.type).icon}>{mailingKind(mailing.type).label}</ToneBadge>}</>}
      facts={mailing ? [mailing.campaign_id !== null && <>in <CampaignLink key="c" id={mailing.campaign_id} /></>, mailing.next_launch_at && <>next launch <Time key="n" value={mailing.next_launch_at} /></>, ...(recurring ? [mailing.started_at && <>last launched <Time key="s" value={mailing.started_at} /></>, mailing.audience !== null && `${formatCount(mailing.audience, 'person', 'people')} then`] : [
        mailing.audience !== null && formatCount(mailing.audience, 'person', 'people'), mailing.started_at && <>started <Time key="s" value={mailing.started_at} /></>, mailing.finished_at && <>finished <Time key="f" value={mailing.finished_at} /></>])] : []}
      tools={mailing && draft && canRun && <SendButton mailing={mailing} onSend={() => { verb('start'); }} />}
      secondary={[...(draft && canRun && !placed ? [{ label: 'Send test', onClick: () => { drawer.open('mail'); } }] : []), ...secondary]} menu={[...common, ...menu]}
      rail={mailing && draft ? <Reach mailing={mailing} /> : undefined}
      tabs={mailing ? [
        ...(recurring && waits ? [{ value: 'launches', label: 'Launches', render: () => <RunsTab mailing={mailing} /> }] : []),
        ...(begun ? [
          { value: 'report', label: 'Report', render: () => <ReportTab mailing={mailing} /> },
          ...(placed ? [{ value: 'content', label: 'Content', render: () => <SlotTab mailing={mailing} /> }] : []),
          { value: 'people', label: 'People', render: () => <PeopleTab mailing={mailing} /> },
        ] : []),
        ...(!draft && editable(mailing) ? [{ value: 'setup', label: 'Setup', render: () => <MailingSetup key={mailing.id} mailing={mailing} /> }] : []),
      ] : []}>
      {mailing && (mailing.state === 'starting' || mailing.state === 'scheduled') && !begun && <UndoBar mailing={mailing} onUndo={() => { verb('unschedule', placed ? 'Taken back: nothing was shown' : 'Taken back: nothing was sent'); }} />}
      {mailing?.error && <Alert color="clay" title="It stopped itself">{mailing.error}</Alert>}
      {mailing?.held && <Alert color="marigold" title="It paused itself">{mailing.held} Mend that, then resume it.</Alert>}
      {!begun && !(recurring && waits) && <Loaded query={query} what="the mailing">{(found) => (draft ? placed ? <PlacementSetup key={found.id} mailing={found} /> : <MailingSetup key={found.id} mailing={found} /> : <Reach mailing={found} />)}</Loaded>}
      <SideDrawer name="test" title="Send a test">{() => (mailing ? <TestSend mailingId={mailing.id} channelKey={mailing.channel} databaseId={mailing.database_id} profileId={null} onCancel={drawer.close} /> : null)}</SideDrawer>
    </Page>
  );
}

/** The button carries the number, and the moment when there is one. */
function SendButton({ mailing, onSend }: { mailing: Mailing; onSend: () => void }) {
  const estimate = useEstimate(mailing).data;
  const blocked = estimate?.checks.some((c) => c.severity === 'error');
  const lasting = mailingKind(mailing.type).lasting;
  const later = mailing.send_at && new Date(mailing.send_at) > new Date();
  const label = later ? `Schedule for ${formatStamp(mailing.send_at ?? '')}` : lasting ? 'Start' : estimate ? `Send to ${formatCount(estimate.receives, 'person', 'people')}` : 'Send';
  return <Button onClick={onSend} disabled={!estimate || (estimate.receives === 0 && !blocked && !lasting)}>{label}</Button>;
}
