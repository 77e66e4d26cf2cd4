import { Stack, Text } from '@mantine/core';
import { useCan } from '@/api/session';
import { formatCount, NoRight, Time } from '@/kit';
import type { Campaign } from '../model';
import { AudienceSummary } from './AudienceSummary';
import { ControlGroupCard } from './ControlGroupCard';
import { hasBegun } from './model';
import { People } from './People';
import { WaysIn } from './WaysIn';

/** When the list was compared last; what goes on right now stands above the tabs. */
function TakenIn({ campaign }: { campaign: Campaign }) {
  const { open_run: open, last_run: last } = campaign;
  if (open || last?.state !== 'done') return null;
  return <Text size="xs" c="dimmed">Compared with the list <Time value={last.finished_at ?? last.queued_at} />: {formatCount(last.joined ?? 0, 'person', 'people')} came in, {formatCount(last.gone ?? 0, 'person', 'people')} left.</Text>;
}

/** Who is in a campaign, on which side, and how they came in. */
export function AudienceTab({ campaign }: { campaign: Campaign }) {
  const sees = useCan('profiles:read'), begun = hasBegun(campaign);
  return (
    <Stack>
      <AudienceSummary campaign={campaign} />
      {begun && <TakenIn campaign={campaign} />}
      <ControlGroupCard campaign={campaign} />
      {begun && <WaysIn campaign={campaign} />}
      {begun && (sees ? <People campaign={campaign} /> : <NoRight what="see the people" right="profiles:read" />)}
    </Stack>
  );
}
