import { Stack, Text } from '@mantine/core';
import { useCan } from '@/api/session';
import { AppLink, formatAmount, formatNumber, formatShare, NO_VALUE, Num, Section, StateBadge, ToneBadge } from '@/kit';
import { isMailingType, mailingKind } from '@/messages/kinds';
import { activityHref, figureHref, type ActivityReport, type CampaignReport, type ChannelReport } from './model';
import { WideTable, type WideColumn } from './WideTable';

/** A count and its share of another: `1,119 9.2 %`. */
function Of({ part, whole }: { part: number; whole: number }) {
  return <><Num value={part} /> <Text span size="xs" c="dimmed">{formatShare(part, whole)}</Text></>;
}

/** The people of an activity behind a figure, for those who may see them. */
function Opens({ activity, figure, value, whole }: { activity: ActivityReport; figure: string; value: number; whole?: number }) {
  const sees = useCan('profiles:read');
  const href = sees && value > 0 ? figureHref(activity, figure) : null;
  const number = <Num value={value} />;
  return <>{href === null ? number : <AppLink href={href} aria-label={`${formatNumber(value)} ${figure.replaceAll('_', ' ')} of ${activity.name}`}>{number}</AppLink>}{whole !== undefined && <> <Text span size="xs" c="dimmed">{formatShare(value, whole)}</Text></>}</>;
}

const typeWords = (a: ActivityReport) => (isMailingType(a.type) ? mailingKind(a.type).label : a.type.replaceAll('_', ' '));

function Name({ activity }: { activity: ActivityReport }) {
  const href = activityHref(activity);
  return (
    <Stack gap={2} align="flex-start">
      {href === null ? activity.name : <AppLink href={href}>{activity.name}</AppLink>}
      <Text size="xs" c="dimmed">{typeWords(activity)}</Text>
      {activity.exempt && <ToneBadge>control gets it too</ToneBadge>}
    </Stack>
  );
}

const amount = (text: string, currency: string | null) => (currency === null ? NO_VALUE : formatAmount(text, currency));

const columnsOf = (currency: string | null): WideColumn<ActivityReport>[] => [
  { key: 'name', header: 'Activity', cell: (a) => <Name activity={a} /> },
  { key: 'state', header: 'State', left: true, only: 'rows', cell: (a) => <StateBadge state={a.state} size="sm" /> },
  { key: 'selected', header: 'Selected', cell: (a) => <Num value={a.selected} /> },
  { key: 'left_out', header: 'Left out', cell: (a) => <Opens activity={a} figure="left_out" value={a.left_out} /> },
  { key: 'sent', header: 'Sent', cell: (a) => <Opens activity={a} figure="sent" value={a.sent} /> },
  { key: 'delivered', header: 'Delivered', cell: (a) => <Opens activity={a} figure="delivered" value={a.delivered} whole={a.sent} /> },
  { key: 'failed', header: 'Failed, blocked', cell: (a) => <Num value={a.failed + a.blocked} /> },
  { key: 'bounced', header: 'Came back', cell: (a) => <Opens activity={a} figure="bounced" value={a.bounced} /> },
  { key: 'opened', header: 'Opened', cell: (a) => <Opens activity={a} figure="opened" value={a.opened} whole={a.delivered} /> },
  { key: 'clicked', header: 'Clicked', cell: (a) => <Opens activity={a} figure="clicked" value={a.clicked} whole={a.delivered} /> },
  { key: 'unsubscribed', header: 'Unsubscribed', cell: (a) => <Opens activity={a} figure="unsubscribed" value={a.unsubscribed} whole={a.delivered} /> },
  { key: 'complained', header: 'Complained', cell: (a) => <Opens activity={a} figure="complained" value={a.complained} /> },
  { key: 'converted', header: 'Converted', cell: (a) => <Opens activity={a} figure="converted" value={a.converted} whole={a.delivered} /> },
  { key: 'revenue', header: 'Claimed revenue', cell: (a) => amount(a.revenue, currency) },
  { key: 'brought', header: 'Brought in', cell: (a) => <Num value={a.brought} /> },
];

const claims = 'What messages claim: conversions and revenue of people who came by a link, or after the last message they clicked, opened or got. It is not the effect; that is the difference between both sides.';

/** What each activity did, over all its runs, and all of them together. */
export function ByActivity({ report }: { report: CampaignReport }) {
  if (report.activities.length === 0) return <Section title="By activity"><Text c="dimmed">The campaign has no activities.</Text></Section>;
  return (
    <Section title="By activity" text={claims}>
      <WideTable label="Figures of each activity" columns={columnsOf(report.currency)} rows={report.activities} rowKey={(a) => `${a.kind}${a.id}`} total={report.activities.length > 1 ? report.total : undefined} totalName="All activities" minWidth={1400} />
    </Section>
  );
}

const channelsOf = (currency: string | null): WideColumn<ChannelReport>[] => [
  { key: 'name', header: 'Channel', cell: (c) => c.name },
  { key: 'activities', header: 'Activities', cell: (c) => <Num value={c.activities} /> },
  { key: 'people', header: 'People', cell: (c) => <Num value={c.people} /> },
  { key: 'sent', header: 'Sent', cell: (c) => <Num value={c.sent} /> },
  { key: 'delivered', header: 'Delivered', cell: (c) => <Of part={c.delivered} whole={c.sent} /> },
  { key: 'opened', header: 'Opened', cell: (c) => <Of part={c.opened} whole={c.delivered} /> },
  { key: 'clicked', header: 'Clicked', cell: (c) => <Of part={c.clicked} whole={c.delivered} /> },
  { key: 'unsubscribed', header: 'Unsubscribed', cell: (c) => <Num value={c.unsubscribed} /> },
  { key: 'converted', header: 'Converted', cell: (c) => <Of part={c.converted} whole={c.delivered} /> },
  { key: 'revenue', header: 'Claimed revenue', cell: (c) => amount(c.revenue, currency) },
];

/** The same by channel; a person who got several messages of it counts once. */
export function ByChannel({ report }: { report: CampaignReport }) {
  if (report.channels.length === 0) return null;
  return (
    <Section title="By channel" text="People are counted once in each channel.">
      <WideTable label="Figures of each channel" columns={channelsOf(report.currency)} rows={report.channels} rowKey={(c) => c.channel} />
    </Section>
  );
}
