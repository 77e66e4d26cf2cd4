import { Alert, Stack, Text } from '@mantine/core';
import { useDatabases } from '@/api/database';
import { FigureTile, FigureTiles, Num, Section, SkeletonText, Time } from '@/kit';
import type { Mailing } from '../model';
import { triggerWords, useEventTypes, useFields, useTriggerState } from './model';

/** What a triggered mailing listens to, what it has caught, and what keeps it from more. */
export function TriggerPanel({ mailing }: { mailing: Mailing }) {
  const state = useTriggerState(mailing).data;
  const types = useEventTypes(mailing.database_id);
  const fields = useFields(mailing.database_id);
  const zone = useDatabases()?.find((d) => d.id === mailing.database_id)?.timezone;
  const label = (name: string) => fields?.find((f) => f.name === name)?.label || name.replaceAll('_', ' ');
  return (
    <Section title="When">
      <Stack gap="sm">
        <Stack gap={4} component="ul" m={0} pl="md">{mailing.triggers.map((trigger, n) => <li key={n}>{types && fields ? triggerWords(trigger, types, label, zone) : <SkeletonText />}</li>)}</Stack>
        {mailing.state === 'paused' && <Alert color="marigold">Paused: what happens meanwhile is kept, and is sent when you resume.</Alert>}
        {state?.trouble && <Alert color="clay" title="Events wait">{state.trouble}. It is tried again by itself; nothing is lost.</Alert>}
        {state && (
          <FigureTiles>
            <FigureTile label="Set off" value={<Num value={state.caught} />} note={state.caught_at ? <>last <Time value={state.caught_at} /></> : 'nothing yet'} />
            <FigureTile label="Waiting" value={<Num value={state.waiting} />} note="to be sent" />
            <FigureTile label="Not looked at" value={<Num value={state.unread} />} note="events that have just come" />
          </FigureTiles>
        )}
        {mailing.state === 'active' && state?.caught === 0 && <Text c="dimmed" size="sm">It listens. What happened before it was started sends nothing.</Text>}
      </Stack>
    </Section>
  );
}
