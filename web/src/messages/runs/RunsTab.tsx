import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useList } from '@/api/list';
import { AllDone, AppLink, formatNumber, ListView, NO_VALUE, Num, Section, StateBadge, Time, useListState, type Column } from '@/kit';
import type { Mailing } from '../model';
import { Coming } from '../recurring/Coming';
import { launchWords } from '../recurring/model';
import { timingWords } from '../timing/model';
import { isOpen, reportOf, runWords, type MailingRun } from './model';

const badge = (run: MailingRun) => (run.phase === 'audience' ? <StateBadge state="building" size="sm" label="Finding people" /> : run.phase === 'skipped' ? <StateBadge state="inactive" size="sm" label="Skipped" /> : <StateBadge state={run.phase} size="sm" />);
const figure = (run: MailingRun, value: number) => (run.phase === 'skipped' ? NO_VALUE : <Num value={value} />);

function why(run: MailingRun, zone: string): ReactNode {
  const words = run.error ?? run.trouble;
  if (words) return <Text span size="sm" c={run.phase === 'skipped' ? 'dimmed' : 'error'} style={{ overflowWrap: 'anywhere' }}>{words}</Text>;
  if (run.later > 0) return <Text span size="sm" c="dimmed">{formatNumber(run.later)} wait{run.later === 1 ? 's' : ''}{run.next_at && <> until <Time value={run.next_at} mode="absolute" zone={zone} /></>}</Text>;
  return null;
}

/** As `runWords`, with the zone in its tooltip. */
const when = (run: MailingRun, zone: string) => <Time value={run.due_at ?? run.created_at} mode="absolute" zone={zone} />;

const columnsOf = (mailing: Mailing, zone: string): Column<MailingRun>[] => [
  { key: 'at', header: 'Launch', cell: (r) => <span style={{ whiteSpace: 'nowrap' }}>{r.phase === 'skipped' ? when(r, zone) : <AppLink href={reportOf(mailing, r.id)}>{when(r, zone)}</AppLink>}</span> },
  { key: 'phase', header: 'Result', priority: 1, cell: badge },
  { key: 'audience', header: 'People', align: 'right', priority: 2, cell: (r) => figure(r, r.audience) },
  { key: 'sent', header: 'Sent', align: 'right', priority: 2, cell: (r) => figure(r, r.sent) },
  { key: 'opened', header: 'Opened', align: 'right', priority: 3, cell: (r) => figure(r, r.opened) },
  { key: 'clicked', header: 'Clicked', align: 'right', priority: 3, cell: (r) => figure(r, r.clicked) },
  { key: 'failed', header: 'Failed', align: 'right', priority: 3, cell: (r) => figure(r, r.failed + r.blocked) },
  { key: 'by', header: 'Launched', priority: 3, cell: (r) => (r.due_at ? 'on schedule' : <span style={{ whiteSpace: 'nowrap' }}>by {r.actor || 'hand'}</span>) },
  { key: 'why', header: 'Note', priority: 2, cell: (r) => why(r, zone) },
];

function Plan({ mailing, zone }: { mailing: Mailing; zone: string }) {
  if (!mailing.schedule) return null;
  const words = timingWords(mailing.timing);
  return (
    <Section title={`Launched ${launchWords(mailing.schedule, zone)}`}>
      {(mailing.state !== 'active' || !mailing.next_launch_at) && <Text c="dimmed">{mailing.state === 'paused' ? 'Nothing is launched while it is paused.' : 'No launch is planned.'}</Text>}
      {mailing.state === 'active' && mailing.next_launch_at && <Coming databaseId={mailing.database_id} schedule={mailing.schedule} zone={zone} />}
      {words && <Text size="sm">Sent {words}.</Text>}
      {mailing.state === 'active' && <Text size="sm" c="dimmed">To change what it sends, or when, pause it first.</Text>}
    </Section>
  );
}

/** Every launch of a recurring mailing with its figures; a row opens its report. */
export function RunsTab({ mailing }: { mailing: Mailing }) {
  const zone = useDatabases()?.find((d) => d.id === mailing.database_id)?.timezone ?? 'UTC';
  const state = useListState();
  const query = useList<MailingRun>(['mailings', mailing.id, 'runs', mailing.run_id, mailing.phase, mailing.next_launch_at], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}/runs', { params: { path: { mailing_id: mailing.id }, query: { limit, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <Stack gap="md">
      <Plan mailing={mailing} zone={zone} />
      <ListView<MailingRun> name="mailing.runs" query={query} state={state} columns={columnsOf(mailing, mailing.schedule?.timezone ?? zone)} rowKey={(r) => r.id} rowLabel={(r) => `Launch of ${runWords(r, zone)}${isOpen(r) ? ', at work' : ''}`}
        noun={{ one: 'launch', many: 'launches' }} searchLabel={null}
        empty={<AllDone>It has not been launched yet.</AllDone>} />
    </Stack>
  );
}
