import { Stack, Text } from '@mantine/core';
import { formatCount } from '@/kit';
import type { CampaignReport } from './model';
import css from './report.module.css';

/** How the figures come about, for those who want to check them. */
export function Method({ report, windowDays }: { report: CampaignReport; windowDays: number }) {
  const what = report.goal === null ? 'orders (cancelled and refunded ones do not count)' : `the goal “${report.goal}”`;
  return (
    <details className={css.method}>
      <summary>How this is worked out</summary>
      <Stack gap={4} mt="xs" maw={720}>
        <Text>Counted is what people did from the moment they got their side until {formatCount(windowDays, 'day', 'days')} after the end of the campaign: {what}. It counts the same way on both sides, whether a message reached somebody or not: whoever was chosen for the test group stays in it, so that nothing but the campaign makes them differ.</Text>
        <Text>People are compared within their stratum, and the differences averaged by how many people each stratum has. People of the global control group drop out of both sides.</Text>
        <Text>The range of a share is the stratified Newcombe interval, from Wilson limits. Amounts have a long tail, so their ranges are worked out on the logarithm with Student’s t; the average order by the delta method. All are 95 % ranges: of a hundred such ranges, ninety-five hold the true effect. “Higher” and “lower” are said when the whole range lies on one side of 0, which is p below 0.05 in a test of two sides.</Text>
        <Text>Nothing is judged with fewer than 50 people on a side, nor shares with fewer than 10 people on a side who did it, purchases a person with fewer than 20, amounts with fewer than 100, or with fewer than 2,000 people kept back.</Text>
      </Stack>
    </details>
  );
}
