import { Alert, Button, Group, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { ButtonLink, Details, formatCount, JobProgress, Loaded, named, Num, Page, paths, Section, StateBadge, SumBar, Time, useIdParam } from '@/kit';
import type { BulkUpdate } from './model';
import { linkedParts, Reasons, Steps } from './Preview';

const running = (found: BulkUpdate) => found.state === 'queued' || found.state === 'running';

function Result({ found }: { found: BulkUpdate }) {
  const audience = found.audience;
  const people = audience.segment ? paths.segment(audience.segment) : audience.figure ? paths.figure(found.database_id, audience.figure) : audience.q ? `${paths.profiles(found.database_id)}?q=${encodeURIComponent(audience.q)}` : paths.profiles(found.database_id);
  return (
    <Section title={running(found) ? 'So far' : 'Result'}>
      <Stack gap="md">
        <SumBar label="What became of them" parts={linkedParts(found)} total={formatCount(found.done, 'person', 'people')} />
        <Steps steps={found.steps} past />
        <Reasons found={found} />
        <Details items={[
          ['People', <Num key="n" value={found.people} />], ['Events in the history', found.skip_triggers ? 'none, triggers were left out' : <Num key="e" value={found.events} />],
          ['Started', <Time key="s" value={found.started_at ?? found.created_at} mode="absolute" seconds />], ['Finished', <Time key="f" value={found.finished_at} mode="absolute" seconds />], ['By', found.actor],
        ]} />
        <Group>
          <ButtonLink href={people}>{audience.segment ? 'See the segment' : 'See profiles'}</ButtonLink>
          {found.refused > 0 && <Button component="a" variant="default" href={`/api/v1/bulk-updates/${found.id}/refused.csv`} download>Download who was refused</Button>}
        </Group>
      </Stack>
    </Section>
  );
}

/** One bulk change: how far it is, what it did, whom it refused. */
export function BulkPage() {
  const databaseId = useIdParam('databaseId'), id = useIdParam('bulkId');
  const client = useQueryClient();
  const query = useQuery({ queryKey: ['bulk-updates', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/bulk-updates/{bulk_id}', { params: { path: { bulk_id: id } }, signal })), refetchInterval: (q) => (q.state.data && running(q.state.data) ? 2000 : false) });
  const found = query.data;
  const onEnd = () => { void client.invalidateQueries({ queryKey: ['bulk-updates'] }); void client.invalidateQueries({ queryKey: ['profiles'] }); };
  return (
    <Page title={named(query, (bulk) => bulk.title, 'Bulk change')} crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }, { label: 'Bulk changes', href: paths.bulkUpdates(databaseId) }]}
      badges={found && <StateBadge state={found.state} />} facts={found ? [found.steps.map((s) => s.title).join(', '), found.people !== null && formatCount(found.people, 'person', 'people'), <Time key="at" value={found.created_at} />] : []}
      help={{ text: 'What is done stays done, also when it is stopped. Killed or restarted in the middle, it goes on where it was; nobody is changed twice.' }}>
      <Loaded query={query} what="the change">
        {(bulk) => (
          <Stack>
            {bulk.error && <Alert color={bulk.state === 'cancelled' ? 'marigold' : 'clay'} title={bulk.state === 'cancelled' ? 'It was stopped' : 'It did not come to its end'} role="alert">{bulk.error}</Alert>}
            {running(bulk) && bulk.job_id && <Section title="Under way"><JobProgress id={bulk.job_id} onEnd={onEnd} /></Section>}
            <Result found={bulk} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}
