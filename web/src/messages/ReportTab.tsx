import { Alert, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Chart, FigureTile, FigureTiles, formatCount, formatDay, formatNumber, Loaded, Num, paths, Rate, Section, SmallTable, SumBar, Time, type Column } from '@/kit';
import { ConversionsPanel } from '@/goals/ConversionsPanel';
import { BounceReasons, TryAgain } from './bounces/Failures';
import { hourWords, reasonWords, underway, useReport, type Mailing, type MailingReport } from './model';
import { TriggerPanel } from './trigger/TriggerPanel';
import { useChosenRun } from './runs/model';
import { RunPicker } from './runs/RunPicker';
import { SenderFigures } from './senders/SenderFigures';
import { PlacementFigures } from './placement/PlacementFigures';
import { letter } from './variants/model';
import { VariantFigures } from './variants/VariantFigures';

const people = (report: MailingReport, state: string) => `${paths.mailing(report.mailing.id)}?tab=people&filter=${encodeURIComponent(JSON.stringify({ state: [state], ...(report.run_id === report.mailing.run_id ? {} : { run: [String(report.run_id)] }) }))}`;

function Progress({ mailing, report }: { mailing: Mailing; report: MailingReport }) {
  return (
    <Section>
      <SumBar label="What became of the audience" parts={[
        { label: 'sent', value: report.sent, tone: 'moss', href: people(report, 'sent') },
        ...(report.in_flight > 0 ? [{ label: 'in flight', value: report.in_flight, tone: 'fjord' as const }] : []),
        ...(report.waiting > 0 ? [{ label: 'waiting', value: report.waiting }] : []),
        { label: 'failed', value: report.failed, tone: 'clay', href: people(report, 'failed') },
        { label: 'blocked', value: report.blocked, tone: 'marigold', href: people(report, 'blocked') },
        ...(report.unknown > 0 ? [{ label: 'unknown', value: report.unknown, tone: 'iris' as const, href: people(report, 'unknown') }] : []),
      ]} total={formatNumber(report.audience)} />
      <Text size="xs" c="dimmed">{underway(mailing) ? 'Live' : 'As of'} <Time value={report.as_of} mode="absolute" seconds />{report.left_out > 0 && report.selected !== null && <> · {formatNumber(report.left_out)} of {formatNumber(report.selected)} were left out before sending</>}</Text>
      {report.later > 0 && (report.next_at !== null || report.test === null) && <Text size="sm">{formatCount(report.later, 'person waits for a later moment', 'people wait for a later moment')}{report.next_at && <>; the next comes <Time value={report.next_at} mode="absolute" showZone /></>}</Text>}
      {report.unknown > 0 && <Alert color="iris">Unknown: handed over when the process stopped, and no answer came. They are not repeated, so that nobody gets it twice.</Alert>}
      {mailing.trouble && <Alert color="marigold" title={mailing.channel === 'email' ? 'The mail server' : 'The provider'}>{mailing.trouble}</Alert>}
    </Section>
  );
}

function Figures({ report }: { report: MailingReport }) {
  const machines = (n: number) => (n > 0 ? ` · ${formatCount(n, 'machine', 'machines')} apart` : '');
  const times = (n: number) => formatCount(n, 'time', 'times');
  const of = (part: number, whole: number) => `${formatNumber(part)} of ${formatNumber(whole)}`;
  return (
    <FigureTiles>
      <FigureTile label="Delivered" value={<Rate part={report.delivered} whole={report.audience} short />} note={`${of(report.delivered, report.audience)}${report.bounced ? ` · ${formatNumber(report.bounced)} came back` : ''}`} href={people(report, 'delivered')} />
      <FigureTile label="Opened" value={<Rate part={report.opened.people} whole={report.delivered} short />} note={`${of(report.opened.people, report.delivered)}, ${times(report.opened.total)}${machines(report.opened.machines)}`} href={people(report, 'opened')} />
      <FigureTile label="Clicked" value={<Rate part={report.clicked.people} whole={report.delivered} short />} note={`${of(report.clicked.people, report.delivered)}, ${times(report.clicked.total)}${machines(report.clicked.machines)}`} href={people(report, 'clicked')} />
      <FigureTile label="Unsubscribed" value={<Num value={report.unsubscribed} />} note={of(report.unsubscribed, report.delivered)} href={people(report, 'unsubscribed')} />
    </FigureTiles>
  );
}

function OverTime({ report }: { report: MailingReport }) {
  const series = report.series;
  if (!series || series.points.length < 2) return null; // one moment is no course of time; the figures above say it all
  const words = (at: string) => (series.unit === 'hour' ? hourWords(at, series.timezone) : formatDay(at, series.timezone));
  return (
    <Chart title={report.placement ? `When people saw it first and clicked, by ${series.unit}` : `When people opened and clicked, by ${series.unit}`} note={`Times · ${series.timezone} · by the moment it happened`} file="mailing"
      description={`${formatNumber(report.opened.total)} ${report.placement ? 'shows' : 'opens'} and ${formatNumber(report.clicked.total)} clicks by ${series.unit}`}
      spec={{ kind: 'line', xLabel: series.unit === 'hour' ? 'Hour' : 'Day', x: series.points.map((p) => words(p.at)), series: [
        { name: report.placement ? 'Saw it first' : 'Sent', values: series.points.map((p) => p.sent) }, ...(report.placement ? [] : [{ name: 'Opened', values: series.points.map((p) => p.opened) }]), { name: 'Clicked', values: series.points.map((p) => p.clicked) },
      ] }} />
  );
}

const linkColumns: Column<MailingReport['links'][number]>[] = [
  { key: 'url', header: 'Link', cell: (link) => <span style={{ overflowWrap: 'anywhere' }}>{link.variant > 0 && <><b>{letter(link.variant)}</b> </>}{link.url}</span> },
  { key: 'people', header: 'People', align: 'right', priority: 2, cell: (link) => <Num value={link.people} /> },
  { key: 'total', header: 'Clicks', align: 'right', priority: 2, cell: (link) => <Num value={link.total} /> },
  { key: 'machines', header: 'Machines', align: 'right', priority: 2, cell: (link) => <Num value={link.machines} /> },
];

function Links({ report }: { report: MailingReport }) {
  if (report.links.length === 0) return null;
  return (
    <Section title="Links">
      <SmallTable label="Links" columns={linkColumns} rows={report.links} rowKey={(link) => link.no} />
    </Section>
  );
}

function Reasons({ title, rows, none, children }: { title: string; rows: MailingReport['failures']; none: string; children?: ReactNode }) {
  return (
    <Section title={title}>
      {rows.length === 0 ? <Text c="dimmed">{none}</Text> : (
        <Table verticalSpacing="xs"><Table.Tbody>{rows.map((r) => <Table.Tr key={`${r.reason}${r.code ?? ''}${r.text ?? ''}`}><Table.Td>{reasonWords(r.reason)}{r.code ? ` ${r.code}` : ''} {r.text !== r.reason && <Text span c="dimmed" size="xs">{r.text}</Text>}</Table.Td><Table.Td ta="right"><Num value={r.count} /></Table.Td></Table.Tr>)}</Table.Tbody></Table>
      )}
      {children}
    </Section>
  );
}

/** What a mailing did. Every figure opens the people it counts. */
export function ReportTab({ mailing }: { mailing: Mailing }) {
  const query = useReport(mailing, useChosenRun());
  return (
    <Loaded query={query} what="the report">
      {(report) => (
        <Stack>
          <RunPicker mailing={mailing} />
          {mailing.type === 'trigger' && <TriggerPanel mailing={mailing} />}
          {report.placement ? <PlacementFigures mailing={mailing} report={report} placement={report.placement} people={(state) => people(report, state)} /> : <><Progress mailing={mailing} report={report} /><Figures report={report} /></>}
          <VariantFigures mailing={mailing} report={report} />
          <SenderFigures report={report} />
          <ConversionsPanel mailing={mailing} run={report.run_id ?? undefined} delivered={report.delivered} />
          <OverTime report={report} />
          <Links report={report} />
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Reasons title={report.placement ? 'Left out' : 'Left out before sending'} rows={report.left_out_reasons} none="Nobody was left out" />
            <Reasons title={report.placement ? 'Held back for now' : 'Failed and blocked'} rows={[...report.failures, ...report.blocks]} none={report.placement ? 'Nobody was held back' : 'Nothing failed'}><TryAgain mailing={mailing} report={report} /></Reasons>
            {!report.placement && <BounceReasons report={report} />}
          </SimpleGrid>
        </Stack>
      )}
    </Loaded>
  );
}
