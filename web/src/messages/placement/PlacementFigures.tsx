import { Text } from '@mantine/core';
import { AppLink, FigureTile, FigureTiles, formatCount, formatNumber, Num, paths, Rate, Section, SumBar, Time } from '@/kit';
import { underway, type Mailing, type MailingReport } from '../model';
import type { PlacementReport } from './model';

/** What became of a placement: who has seen it, and who not yet or not at all. */
export function PlacementFigures({ mailing, report, placement, people }: { mailing: Mailing; report: MailingReport; placement: PlacementReport; people: (state: string) => string }) {
  const of = (part: number, whole: number) => `${formatNumber(part)} of ${formatNumber(whole)}`;
  const times = (n: number) => formatCount(n, 'time', 'times');
  const over = mailing.state !== 'active' && mailing.state !== 'paused';
  return (
    <>
      <Section>
        <SumBar label="Who of the audience has seen it" parts={[
          { label: 'saw it', value: report.sent, tone: 'moss', href: people('sent') },
          { label: over ? 'did not see it' : 'not yet', value: report.waiting },
          { label: 'held back', value: report.blocked, tone: 'marigold', href: people('blocked') },
        ]} total={formatNumber(report.audience)} />
        <Text size="xs" c="dimmed">
          {underway(mailing) || placement.live ? 'Live' : 'As of'} <Time value={report.as_of} mode="absolute" seconds /> · in <AppLink href={paths.slots()}>{placement.slot_name}</AppLink>
          {placement.ends_at && <> · {over ? 'ended' : 'ends'} <Time value={placement.ends_at} mode="absolute" showZone /></>}
          {placement.next_refresh_at && <> · the audience is looked at again <Time value={placement.next_refresh_at} /></>}
          {report.left_out > 0 && report.selected !== null && <> · {of(report.left_out, report.selected)} were left out</>}
        </Text>
        {mailing.state === 'active' && !placement.live && <Text size="sm">It is shown as soon as its audience is known.</Text>}
      </Section>
      <FigureTiles>
        <FigureTile label="Saw it" value={<Rate part={report.sent} whole={report.audience} short />} note={of(report.sent, report.audience)} href={people('sent')} />
        <FigureTile label="Shows" value={<Num value={placement.shows} />} note={report.sent > 0 ? `${(placement.shows / report.sent).toFixed(1)} for each who saw it` : 'Seen by nobody yet'} />
        <FigureTile label="Clicked" value={<Rate part={report.clicked.people} whole={report.sent} short />} note={`${of(report.clicked.people, report.sent)}, ${times(report.clicked.total)}`} href={people('clicked')} />
        <FigureTile label="Closed" value={<Rate part={placement.closed} whole={report.sent} short />} note={of(placement.closed, report.sent)} href={people('closed')} />
      </FigureTiles>
    </>
  );
}
