import { Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { api, call, ok } from '@/api/client';
import { useDatabase, useDatabases } from '@/api/database';
import { ended, useJobs } from '@/api/jobs';
import type { ListReply } from '@/api/list';
import { useCan, useCanAny, useMe } from '@/api/session';
import { AllDone, AppLink, FigureTile, FigureTiles, formatNumber, JobProgress, NO_VALUE, Page, paths, Section, Time } from '@/kit';
import { GetStarted } from './GetStarted';

const WEEK = 7 * 86_400_000;

export interface Counts { profiles: number | null; segments: number | null; templates: number | null; mailings: number | null; orders: number | null }

/** How many of each thing there are; undefined while unknown. */
function useCounts(db: number | undefined): { counts: Partial<Counts>; known: boolean; asOf: string | undefined } {
  const can = useCanAny();
  const lists: readonly { key: keyof Counts; right: string; url: string | null }[] = [
    { key: 'profiles', right: 'profiles:read', url: db === undefined ? null : `/api/v1/databases/${db}/profiles` },
    { key: 'segments', right: 'segments:read', url: '/api/v1/segments' },
    { key: 'templates', right: 'templates:read', url: '/api/v1/templates' },
    { key: 'mailings', right: 'mailings:read', url: '/api/v1/mailings' },
    { key: 'orders', right: 'market:read', url: '/api/v1/market/orders' },
  ];
  const asked = lists.filter((list) => can(list.right) && list.url !== null);
  const found = useQueries({
    queries: asked.map(({ key, url }) => ({
      queryKey: ['home', key, db],
      queryFn: ({ signal }: { signal: AbortSignal }) => call<ListReply<unknown>>(`${url ?? ''}?limit=1`, { signal }),
      staleTime: 15_000,
    })),
  });
  const counts: Partial<Counts> = {};
  asked.forEach(({ key }, i) => {
    const query = found[i];
    if (query?.data) counts[key] = query.data.total ?? null;
    else if (query?.error) counts[key] = null;
  });
  const times = found.flatMap((query) => (query.dataUpdatedAt > 0 ? [query.dataUpdatedAt] : []));
  return { counts, known: found.every((query) => !query.isPending), asOf: times.length > 0 ? new Date(Math.min(...times)).toISOString() : undefined };
}

function Tile({ label, value, href, asOf }: { label: string; value: number | null | undefined; href: string; asOf: string | undefined }) {
  return <FigureTile label={label} value={value === undefined ? undefined : value === null ? NO_VALUE : formatNumber(value)} href={href} {...(asOf ? { asOf } : {})} />;
}

function RunningNow() {
  const running = useJobs().filter((job) => !ended(job));
  return (
    <Section title="Running now">
      {running.length === 0 ? <AllDone>Nothing is running</AllDone> : <Stack gap="md">{running.slice(0, 5).map((job) => <JobProgress key={job.id} id={job.id} />)}</Stack>}
      {running.length > 5 && <AppLink href={paths.jobs()}>{formatNumber(running.length - 5)} more</AppLink>}
    </Section>
  );
}

function NeedsYou() {
  const query = useQuery({ queryKey: ['jobs', 'failed'], queryFn: ({ signal }) => ok(api.GET('/api/v1/jobs', { params: { query: { state: 'failed', limit: 5 } }, signal })), refetchInterval: 30_000 });
  const failed = query.data?.items.filter((job) => job.finished_at && Date.now() - new Date(job.finished_at).getTime() < WEEK) ?? [];
  return (
    <Section title="Needs you">
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
  const { counts, known, asOf } = useCounts(db?.id);
  const first = me?.name.includes('@') ? undefined : me?.name.split(' ')[0];
  return (
    <Page title={`${greeting(new Date().getHours())}${first ? `, ${first}` : ''}`} name="Home" facts={[db && `Database ${db.name}`, db && `days in ${db.timezone}`]}
      help={{ text: 'Home shows what there is, what runs now, and what waits for you. Each figure opens the list that it counts.' }}>
      <FigureTiles>
        {db && 'profiles' in counts && <Tile label={`Profiles in ${db.name}`} value={counts.profiles} href={paths.profiles(db.id)} asOf={asOf} />}
        {'segments' in counts && <Tile label="Segments" value={counts.segments} href={paths.segments()} asOf={asOf} />}
        {'mailings' in counts && <Tile label="Mailings" value={counts.mailings} href={paths.mailings()} asOf={asOf} />}
        {'orders' in counts && <Tile label="Orders" value={counts.orders} href={paths.orders()} asOf={asOf} />}
      </FigureTiles>
      {databases && known && <GetStarted databases={databases.length} db={db?.id} counts={counts} />}
      {seesJobs && <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md"><RunningNow /><NeedsYou /></SimpleGrid>}
    </Page>
  );
}
