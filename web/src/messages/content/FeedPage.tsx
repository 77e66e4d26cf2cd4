import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { Copyable, doneToast, Loaded, named, Page, paths, Section, Time, ToneBadge, useIdParam } from '@/kit';
import { FeedForm } from './FeedForm';
import { FeedValues } from './FeedValues';
import type { Feed } from './model';

function Uses({ feed }: { feed: Feed }) {
  const query = useQuery({ queryKey: ['feeds', 'uses', feed.id], queryFn: ({ signal }) => ok(api.GET('/api/v1/feeds/{feed_id}/uses', { params: { path: { feed_id: feed.id } }, signal })) });
  return (
    <Loaded query={query} what="where it is used">
      {(uses) => <Section title="Used by">{uses.items.length === 0 ? <Text size="sm" c="dimmed">No template shows it yet.</Text> : <Text size="sm">{uses.items.join(', ').replace(/^./, (c) => c.toUpperCase())}.</Text>}</Section>}
    </Loaded>
  );
}

/** A feed: where it comes from left, what it gives right. */
export function FeedPage() {
  const id = useIdParam('feedId');
  const canUpdate = useCan('templates:update');
  const query = useQuery({ queryKey: ['feeds', id], refetchOnWindowFocus: false, queryFn: ({ signal }) => ok(api.GET('/api/v1/feeds/{feed_id}', { params: { path: { feed_id: id } }, signal })) });
  const found = query.data;
  return (
    <Page title={named(query, (f) => f.name, 'Feed')} crumbs={[{ label: 'Templates', href: paths.templates() }, { label: 'Feeds', href: paths.feeds() }]} help={{ text: 'What the address gives can be clicked into a template. It is fetched once for a mailing, guarded and limited; the last good copy is kept.', guide: 'content' }}
      badges={found && (found.archived_at ? <ToneBadge tone="gray">Archived</ToneBadge> : found.error ? <ToneBadge tone="clay">Failed</ToneBadge> : found.fetched_at ? <ToneBadge tone="moss">Works</ToneBadge> : <ToneBadge tone="gray">Not fetched yet</ToneBadge>)}
      facts={found ? [found.personal ? 'asked for each person' : 'the same for all', found.fetched_at && <>fetched <Time key="f" value={found.fetched_at} /></>] : []}>
      <Loaded query={query} what="the feed">
        {(feed) => (
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
            <div>{canUpdate && feed.archived_at === null ? <FeedForm key={feed.id} feed={feed} onSaved={() => { doneToast('Feed saved'); }} /> : <Section title="Address"><Copyable value={feed.url} /></Section>}</div>
            <Stack>
              <Section title="What it gives"><Text size="sm" component="div" c="dimmed">Templates show it as <Copyable value={`feeds.${feed.key}`} /></Text><FeedValues feed={feed} /></Section>
              <Uses feed={feed} />
            </Stack>
          </SimpleGrid>
        )}
      </Loaded>
    </Page>
  );
}
