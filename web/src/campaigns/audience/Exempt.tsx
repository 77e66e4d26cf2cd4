import { Text } from '@mantine/core';
import { Fragment } from 'react';
import { AppLink, paths } from '@/kit';
import { keyOf, useActivities } from '../activities/model';
import type { Campaign } from '../model';

/** What reaches the control group all the same; it is chosen where the activities are. */
export function Exempt({ campaign }: { campaign: Campaign }) {
  const exempt = useActivities(campaign).data?.items.filter((a) => a.exempt) ?? [];
  const where = <AppLink href={`${paths.campaign(campaign.id)}?tab=activities`}>Activities</AppLink>;
  if (exempt.length === 0) return <Text size="xs" c="dimmed">They get nothing of this campaign. What they must get all the same, such as receipts, is marked under {where}.</Text>;
  return <Text>They still get {exempt.map((a, n) => <Fragment key={keyOf(a)}>{n > 0 && ', '}<strong>{a.name}</strong></Fragment>)}. <Text span size="xs" c="dimmed">Chosen under {where}.</Text></Text>;
}
