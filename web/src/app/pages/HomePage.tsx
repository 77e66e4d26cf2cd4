import { Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { askJobs, ended, useHearing, useJobs } from '@/api/jobs';
import { useCan, useCanAny, useMe } from '@/api/session';
import { AllDone, AppLink, Delayed, FigureTile, FigureTiles, formatNumber, JobProgress, NO_VALUE, Page, PanelError, paths, Section, SkeletonPanel, Time } from '@/kit';
import { useCounts } from './counts';
import { GetStarted } from './GetStarted';
import { LatestMailings, LatestSegments } from './HomePanels';

const WEEK = 7 * 86_400_000;

function Tile({ label, value, href, note, asOf }: { label: string; value: number | null | undefined; href: string; note?: ReactNode; asOf: string | undefined }) {
  return <FigureTile label={label} value={value === undefined ? undefined : value === null ? NO_VALUE : formatNumber(value)} href={href} note={note} {...(asOf && !note ? { asOf } : {})} />;
}

function RunningNow() {
  const running = useJobs().filter((job) => !ended(job));
  const { known, error } = useHearing();
  return (
    <Section title="Running now">
      {running.length === 0 && !known ? (error ? <PanelError error={error} what="what runs" onRetry={askJobs} /> : <Delayed><SkeletonPanel lines={1} /></Delayed>)
        : running.length === 0 ? <AllDone>Nothing is running</AllDone> : <Stack gap="md">{running.slice(0, 5).map((job) => <JobProgress key={job.id} id={job.id} />)}</Stack>}
      {running.length > 5 && <AppLink href={paths.jobs()}>{formatNumber(running.length - 5)} more</AppLink>}
    </Section>
  );
}

function NeedsYou() {
  const query = useQuery({ queryKey: ['jobs', 'failed'], queryFn: ({ signal }) => ok(api.GET('/api/v1/jobs', { params: { query: { state: 'failed', limit: 5 } }, signal })), refetchInterval: 30_000 });
  const failed = query.data?.items.filter((job) => job.finished_at && Date.now() - new Date(job.finished_at).getTime() < WEEK) ?? [];
  return (
    <Section title="Needs you">
      {query.error && <PanelError error={query.error} what="what failed" onRetry={() => void query.refetch()} />}
      {query.data && failed.length === 0 && <AllDone>Nothing needs you</AllDone>}
      {failed.map((job) => (
        <div key={job.id}>
          <Group justify="space-between" wrap="nowrap" gap="xs"><Text fw={550}>{job.title} stopped</Text><AppLink href={paths.job(job.id)}>See why</AppLink></Group>
          <Text size="xs" c="dimmed" lineClamp={2}><Time value={job.finished_at} /> · {job.error}</Text>
        </div>
      ))}
    </Section>
  );
}

function greeting(hour: number): string {
  return hour < 5 ? 'Good night' : hour < 12 ? 'Good morning' : hour < 18 ? 'Good afternoon' : 'Good evening';
}

/** Where one starts: figures that open what they count, what runs, what needs a person, the next step. */
export function HomePage() {
  const me = useMe();
  const db = useDatabase();
  const databases = useDatabases();
  const seesJobs = useCan('jobs:read');
  const can = useCanAny();
  const { counts, known, asOf } = useCounts(db);
  const first = me?.name.includes('@') ? undefined : me?.name.split(' ')[0];
  return (
    <Page title={`${greeting(new Date().getHours())}${first ? `, ${first}` : ''}`} crumb="Home" facts={[db && `Database ${db.name}`, db && `days in ${db.timezone}`]}
      help={{ text: 'Home shows what there is, what runs now, and what waits for you. Each figure opens the list that it counts.' }}>
      {!databases && !known && <Delayed><SkeletonPanel lines={2} /></Delayed>}
      {databases && databases.length > 0 && <FigureTiles>
        {db && can('profiles:read') && (
          <Tile label={`Profiles in ${db.name}`} value={counts.profiles} href={paths.profiles(db.id)} asOf={asOf} note={counts.subscribed ? `${formatNumber(counts.subscribed)} subscribed` : undefined} />
        )}
        {can('segments:read') && <Tile label="Segments" value={counts.segments} href={paths.segments()} asOf={asOf} />}
        {can('mailings:read') && <Tile label="Mailings" value={counts.mailings} href={paths.mailings()} asOf={asOf} />}
        {db && can('market:read') && <Tile label="Orders" value={counts.orders} href={paths.orders()} asOf={asOf} note={counts.lastOrder ? <>newest <Time value={counts.lastOrder} /></> : undefined} />}
      </FigureTiles>}
      {databases && known && <GetStarted databases={databases.length} db={db?.id} counts={counts} />}
      {seesJobs && <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md"><RunningNow /><NeedsYou /></SimpleGrid>}
      {db && (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: 'start' }}>
          {can('mailings:read') && <LatestMailings databaseId={db.id} />}
          {can('segments:read') && <LatestSegments databaseId={db.id} />}
        </SimpleGrid>
      )}
    </Page>
  );
}
