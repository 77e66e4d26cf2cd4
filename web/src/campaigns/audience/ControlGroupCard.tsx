import { Button, Stack, Text } from '@mantine/core';
import { IconScale } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Details, doneToast, failToast, FirstUse, formatCount, formatNumber, Loaded, Num, Section, Time, undoToast } from '@/kit';
import { fieldLabel, useDatabaseOf, type Database } from '@/profiles/model';
import type { StratumField } from '@/segments/strata/model';
import { isOpen, type Campaign } from '../model';
import { ControlForm } from './ControlForm';
import { Exempt } from './Exempt';
import { hasBegun, peopleOf } from './model';
import { Standing } from './Standing';

const balanced = (strata: readonly StratumField[], database: Database | undefined) => strata.map((s) => {
  const field = database?.fields.find((f) => f.name === s.field);
  return field ? fieldLabel(field) : s.field;
}).join(', ');

/** The group in a few lines, for those who only look and for what cannot be changed any more. */
function Facts({ campaign, database }: { campaign: Campaign; database: Database | undefined }) {
  const { control } = campaign;
  if (!control) return null;
  const begun = hasBegun(campaign);
  return (
    <Section title="Control group">
      <Details items={[
        ['Keeps back', `${formatNumber(control.percent)} %${control.cap ? `, ${formatCount(control.cap, 'person', 'people')} at most` : ''}`],
        ['People', begun ? control.size > 0 ? <AppLink href={peopleOf(campaign, { side: ['control'], present: ['yes'] })}><Num value={control.size} /></AppLink> : <Num value={0} /> : 'drawn when the campaign starts'],
        ['Balanced by', control.strata.length > 0 ? balanced(control.strata, database) : 'nothing: by chance alone'],
        ['Since', <Time key="since" value={control.since} mode="absolute" none="not yet" />],
      ]} />
      <Exempt campaign={campaign} />
    </Section>
  );
}

type LocalControl = NonNullable<Campaign['control']>;

/** Takes the control group away; how many people that lets in stands in the question. */
export function RemoveControl({ campaign, control }: { campaign: Campaign; control: LocalControl }) {
  const back = useAction({
    refresh: [['campaigns']],
    run: ({ percent, cap, strata }: LocalControl) => ok(api.PUT('/api/v1/campaigns/{campaign_id}/control', { params: { path: { campaign_id: campaign.id } }, body: { percent, cap, strata } })),
  });
  const remove = useAction({
    refresh: [['campaigns']], run: (_: LocalControl, { headers }) => ok(api.DELETE('/api/v1/campaigns/{campaign_id}/control', { params: { path: { campaign_id: campaign.id } }, headers })),
    onDone: ({ moved }, was) => { // this button is gone by then
      if (moved === 0) undoToast('Control group removed', () => back.mutateAsync(was));
      else doneToast(`${formatCount(moved, 'person', 'people')} joined the test group`);
    },
  });
  const { size } = control, people = formatCount(size, 'person joins', 'people join');
  const ask = async () => {
    const sure = size === 0 || await confirmConsequence({
      title: 'Remove the control group?', action: 'Remove control group', keep: 'Keep it',
      body: `${people} the test group and ${size === 1 ? 'gets' : 'get'} what follows. From then on nobody can tell what the campaign changed; a group that is made again keeps back newcomers only.`,
    });
    if (sure) remove.mutate(control, { onError: failToast });
  };
  return <Button variant="default" loading={remove.isPending} onClick={() => void ask()}>Remove control group{size > 0 ? '…' : ''}</Button>;
}

/** The local control group: made, changed, removed, and seen. */
export function ControlGroupCard({ campaign }: { campaign: Campaign }) {
  const databaseQuery = useDatabaseOf(campaign.database_id);
  const [making, setMaking] = useState(false);
  const can = useCan('campaigns:update');
  const changes = can && isOpen(campaign) && campaign.state !== 'building';
  if (!campaign.control && !making) {
    const ended = !isOpen(campaign);
    return (
      <FirstUse icon={IconScale} title={ended ? 'Nobody was kept back' : 'Nobody is kept back'} text="Without a control group you see what people did, not what the campaign changed."
        primary={changes ? { label: 'Keep back 5 %', onClick: () => { setMaking(true); } } : undefined} />
    );
  }
  if (!changes) return <Stack><Facts campaign={campaign} database={databaseQuery.data} />{hasBegun(campaign) && <Standing campaign={campaign} />}{campaign.state === 'building' && <Text c="dimmed">Nothing can be changed while people are being divided.</Text>}</Stack>;
  return (
    <Loaded query={databaseQuery} what="the fields of the database">
      {(database) => (
        <ControlForm key={`${campaign.version}${campaign.control ? '' : 'new'}`} campaign={campaign} database={database} onSaved={() => { setMaking(false); doneToast('Control group saved'); }}
          {...(campaign.control ? { footer: <RemoveControl campaign={campaign} control={campaign.control} /> } : { onCancel: () => { setMaking(false); } })} />
      )}
    </Loaded>
  );
}
