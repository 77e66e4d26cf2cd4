import { Group, SimpleGrid, Text } from '@mantine/core';
import { AppLink, Details, formatAmount, formatPercent, paths, Section } from '@/kit';
import { VerdictBadge } from '@/segments/effects/EffectTable';
import type { Campaign } from '../model';
import type { CampaignReport } from './model';

/** "€2,431.10 (−€12.00 to €4,900.00)"; null while it cannot be told. */
export function rangeOf(money: CampaignReport['money'], currency: string): string | null {
  const { incremental, incremental_low: low, incremental_high: high } = money;
  if (incremental === null) return null;
  const range = low !== null && high !== null ? ` (${formatAmount(low, currency)} to ${formatAmount(high, currency)})` : '';
  return `${formatAmount(incremental, currency)}${range}`;
}

/** Revenue, cost and return: what the campaign brought, and what its messages claim. */
export function Money({ campaign, report }: { campaign: Campaign; report: CampaignReport }) {
  const { money, currency } = report;
  if (currency === null) return null;
  const extra = rangeOf(money, currency);
  const verdict = report.metrics.find((m) => m.key === 'revenue')?.verdict;
  const proved = verdict === 'higher' || verdict === 'lower';
  const untold = money.cost !== null && extra !== null ? <Text c="dimmed">can’t tell yet: the range of the extra revenue holds 0</Text> : null;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Section title="Cost and return" text="The test group against the control group: what would not have been spent without the campaign.">
        <Details items={[
          ['Extra revenue', extra !== null ? <Group key="x" gap="xs">{extra}{verdict === 'cannot_tell' && <VerdictBadge verdict={verdict} />}</Group> : <Text key="e" c="dimmed">{report.control === null ? 'Nobody is kept back, so nobody can tell.' : 'Can’t tell yet'}</Text>],
          ['Cost', money.cost === null ? <>not given · <AppLink href={paths.campaign(campaign.id)}>Overview</AppLink></> : formatAmount(money.cost, currency)],
          ['Profit', money.profit === null || !proved ? untold : formatAmount(money.profit, currency)],
          ['Return on cost', money.return_on_cost === null || !proved ? untold : formatPercent(money.return_on_cost)],
        ]} />
      </Section>
      <Section title="What messages claim" text="Revenue of people who came by a link, or after the last message they clicked, opened or got. Many of them would have bought anyway.">
        <Details items={[['Claimed revenue', formatAmount(money.attributed, currency)]]} />
      </Section>
    </SimpleGrid>
  );
}
