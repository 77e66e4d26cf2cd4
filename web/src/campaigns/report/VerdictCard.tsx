import { Stack, Text } from '@mantine/core';
import { useCan } from '@/api/session';
import { AppLink, Loaded, paths, Section, Time } from '@/kit';
import { RangeLine, reachOf } from '@/segments/effects/RangeLine';
import { hasBegun } from '../audience/model';
import type { Campaign } from '../model';
import { effectsOf, isEarly, useCampaignReport } from './model';
import { Verdict } from './Verdict';

const whole = {};

/** What the campaign changed so far, on its overview: the verdict and its range; the report says the rest. */
export function VerdictCard({ campaign }: { campaign: Campaign }) {
  const sees = useCan('analytics:read'), begun = hasBegun(campaign);
  const query = useCampaignReport(campaign, whole, sees && begun);
  if (!sees) return null;
  const link = <AppLink href={`${paths.campaign(campaign.id)}?tab=report`}>See the report</AppLink>;
  if (!begun) return <Section title="Report"><Text c="dimmed">It begins when the campaign starts.</Text></Section>;
  return (
    <Loaded query={query} what="the report">
      {(report) => {
        if (isEarly(report)) return <Section title="Report"><Text c="dimmed">{report.goal === null ? 'No orders yet' : 'Nobody has converted yet'}. First figures come after the first send. {link}</Text></Section>;
        const effect = effectsOf(report).find((m) => m.key === 'conversion');
        return (
          <Stack gap="xs">
            <Verdict campaign={campaign} report={report}>
              {effect && effect.verdict !== 'too_few' && <RangeLine low={effect.low} mid={effect.difference} high={effect.high} reach={reachOf([effect])} />}
            </Verdict>
            <Text size="xs" c="dimmed">As of <Time value={report.as_of} mode="absolute" /> · {link}</Text>
          </Stack>
        );
      }}
    </Loaded>
  );
}
