import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { Loaded } from '@/kit';
import { FeedValues } from './FeedValues';

/** Finds a feed by its key and lets a person click its values into a template. */
export function FeedPick({ feedKey, onPick }: { feedKey: string; onPick: (expression: string) => void }) {
  const query = useQuery({ queryKey: ['feeds', 'pick', feedKey], queryFn: async ({ signal }) => (await ok(api.GET('/api/v1/feeds', { params: { query: { q: feedKey, limit: 100 } }, signal }))).items.find((feed) => feed.key === feedKey) ?? null });
  return <Loaded query={query} what="the feed">{(feed) => (feed ? <FeedValues feed={feed} onPick={onPick} /> : null)}</Loaded>;
}
