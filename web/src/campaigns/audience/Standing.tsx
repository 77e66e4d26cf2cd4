import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useCan } from '@/api/session';
import { formatCount, Loaded, Section } from '@/kit';
import { StrataTable, Warnings } from '@/segments/strata/StrataTable';
import type { Campaign } from '../model';
import { peopleOf, usePlan } from './model';
import { firstGuess, PowerHint, supposedOf } from './PowerHint';

/** How the strata stand: everybody who is in and was given a side while there is a control group. */
export function Standing({ campaign }: { campaign: Campaign }) {
  const [guess, setGuess] = useState(firstGuess);
  const query = usePlan(campaign, supposedOf(guess));
  const sees = useCan('profiles:read');
  if (!campaign.control) return null;
  return (
    <Section title="Strata" text="Everybody got a side once and for good; newcomers keep the balance.">
      <Loaded query={query} what="how the people are divided">
        {(plan) => {
          const before = campaign.audience - plan.people;
          return (
            <Stack gap="sm">
              <Warnings warnings={plan.warnings} />
              {plan.parts.length > 0
                ? <StrataTable parts={plan.parts} opens={sees ? (part, control) => peopleOf(campaign, { stratum: [part.key], present: ['yes'], ...(control ? { side: ['control'] } : {}) }) : undefined} />
                : <Text c="dimmed">Nobody has come in since the control group was made.</Text>}
              {before > 0 && <Text size="xs" c="dimmed">{formatCount(before, 'person', 'people')} came in before there was a control group, so they are on no side of the comparison.</Text>}
              {campaign.state === 'active' && plan.control > 0 && <PowerHint plan={plan} guess={guess} onGuess={setGuess} />}
            </Stack>
          );
        }}
      </Loaded>
    </Section>
  );
}
