import { Alert, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { AppLink, formatCount, paths, Time } from '@/kit';
import { VerdictPanel } from '@/segments/effects/VerdictPanel';
import { halves } from '@/segments/effects/words';
import type { Campaign } from '../model';
import { effectsOf, wordsOf, type CampaignReport } from './model';

/** A range that still moves is no result yet. */
export function StillRunning({ campaign, report }: { campaign: Campaign; report: CampaignReport }) {
  if (!report.running) return null;
  const days = formatCount(campaign.window_days, 'day', 'days');
  const when = campaign.completed_at === null
    ? <>judge {campaign.window_days > 0 ? `${days} after it ends` : 'once it has ended'}. Who stops as soon as the verdict pleases finds effects where there are none.</>
    : <>what people do counts until <Time value={new Date(new Date(campaign.completed_at).getTime() + campaign.window_days * 86_400_000).toISOString()} mode="absolute" zone={report.timezone} />.</>;
  return <Text><strong>Still running:</strong> the range will move; {when}</Text>;
}

/** The verdict of a report; without a control group, what is missing for one. */
export function Verdict({ campaign, report, children }: { campaign: Campaign; report: CampaignReport; /** under its words */ children?: ReactNode }) {
  const words = wordsOf(report.goal);
  if (report.verdict === null) {
    const { verdict, because } = halves(report.headline, '. ');
    return (
      <Alert color="gray" title={<Title order={2} size="h3">{verdict}</Title>}>
        {because && <Text size="md">{because}</Text>}
        <Text><AppLink href={`${paths.campaign(campaign.id)}?tab=audience`}>See the audience</AppLink></Text>
      </Alert>
    );
  }
  return (
    <VerdictPanel verdict={report.verdict} headline={report.headline} effect={effectsOf(report).find((m) => m.key === 'conversion')} noun={words.noun} among="the test group">
      {children}
      <StillRunning campaign={campaign} report={report} />
    </VerdictPanel>
  );
}
