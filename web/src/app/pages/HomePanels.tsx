import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { AppLink, Delayed, formatCount, PanelError, paths, Section, SkeletonPanel, StateBadge, Time } from '@/kit';
import css from './home.module.css';

const FEW = 4;

function Line({ href, name, note, mark }: { href: string; name: string; note: ReactNode; mark: ReactNode }) {
  return (
    <li>
      <div className={css.what}><AppLink href={href} fw={550} underline="hover">{name}</AppLink><Text size="xs" c="dimmed" component="div">{note}</Text></div>
      {mark}
    </li>
  );
}

/** The mailings changed last, each with what became of it. */
export function LatestMailings({ databaseId }: { databaseId: number }) {
  const query = useQuery({
    queryKey: ['mailings', databaseId, 'latest'], staleTime: 15_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings', { params: { query: { database: databaseId, sort: '-updated_at', limit: FEW } }, signal })),
  });
  const items = query.data?.items ?? [];
  if (query.error) return <Section title="Latest mailings"><PanelError error={query.error} what="the mailings" onRetry={() => void query.refetch()} /></Section>;
  if (query.isPending) return <Delayed><SkeletonPanel lines={FEW} /></Delayed>;
  if (items.length === 0) return null;
  return (
    <Section title="Latest mailings" actions={<AppLink href={paths.mailings()}>All mailings</AppLink>}>
      <ul className={css.lines}>
        {items.map((m) => (
          <Line key={m.id} href={paths.mailing(m.id)} name={m.name} mark={<StateBadge state={m.state} size="sm" />}
            note={<>{m.audience !== null && <>{m.run_id ? <AppLink href={`${paths.mailing(m.id)}?tab=people`}>{formatCount(m.audience, 'person', 'people')}</AppLink> : formatCount(m.audience, 'person', 'people')} · </>}{m.finished_at ? 'sent ' : m.started_at ? 'started ' : 'changed '}<Time value={m.finished_at ?? m.started_at ?? m.updated_at} /></>} />
        ))}
      </ul>
    </Section>
  );
}

/** The segments changed last; a size only where it is known. */
export function LatestSegments({ databaseId }: { databaseId: number }) {
  const query = useQuery({
    queryKey: ['segments', databaseId, 'latest'], staleTime: 15_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { database: databaseId, sort: '-updated_at', limit: FEW } }, signal })),
  });
  const items = query.data?.items ?? [];
  if (query.error) return <Section title="Segments changed last"><PanelError error={query.error} what="the segments" onRetry={() => void query.refetch()} /></Section>;
  if (query.isPending) return <Delayed><SkeletonPanel lines={FEW} /></Delayed>;
  if (items.length === 0) return null;
  return (
    <Section title="Segments changed last" actions={<AppLink href={paths.segments()}>All segments</AppLink>}>
      <ul className={css.lines}>
        {items.map((s) => (
          <Line key={s.id} href={paths.segment(s.id)} name={s.name} note={s.description || <>changed <Time value={s.updated_at} /></>}
            mark={s.size === null ? null : <Group gap={4} wrap="nowrap"><AppLink href={paths.segment(s.id)}><span className="fd-num">{formatCount(s.size, 'person', 'people')}</span></AppLink></Group>} />
        ))}
      </ul>
    </Section>
  );
}
