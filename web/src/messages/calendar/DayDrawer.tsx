import { Stack, Text } from '@mantine/core';
import { ButtonLink, formatDay, paths, Section, SideDrawer, useDrawer } from '@/kit';
import { useCan } from '@/api/session';
import { Campaigns } from './Bars';
import { Entries, type Entry } from './Entries';
import type { Span } from './lanes';

/** Everything of one day, with room for it. */
export function DayDrawer({ entriesOf, campaignsOf, zone }: { entriesOf: (day: string) => readonly Entry[]; campaignsOf: (day: string) => readonly Span[]; zone: string }) {
  const { value } = useDrawer('day');
  const makes = useCan('mailings:create');
  return (
    <SideDrawer name="day" title={formatDay(value)}>
      {(day) => {
        const entries = entriesOf(day), campaigns = campaignsOf(day);
        return (
          <Stack gap="md">
            {entries.length === 0 && campaigns.length === 0 && <Text c="dimmed">Nothing was sent on this day, and nothing is planned for it.</Text>}
            {entries.length > 0 && <Section title="Mailings"><Entries entries={entries} zone={zone} /></Section>}
            {campaigns.length > 0 && <Section title="Campaigns"><Campaigns campaigns={campaigns} /></Section>}
            {makes && <div><ButtonLink href={paths.mailingNew()} variant="default">New mailing</ButtonLink></div>}
          </Stack>
        );
      }}
    </SideDrawer>
  );
}
