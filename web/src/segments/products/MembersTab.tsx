import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconCategory, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type SubmitEvent } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { useCan } from '@/api/session';
import { failToast, FirstUse, formatCount, Loaded, undoToast } from '@/kit';
import { words, type ProductSegmentDetail } from './model';
import { ProductGrid } from './ProductGrid';

type Way = 'add' | 'remove';
interface Named { ids?: number[]; external_ids?: string[] }
const LIMIT = 60;

/** Adding to and taking off a list kept by hand. */
function useMembership(id: number) {
  return useAction({
    refresh: [['product-segments']],
    run: async ({ way, named }: { way: Way; named: Named }, { headers }): Promise<{ added: number; unknown: string[] }> => {
      const call = { params: { path: { segment_id: id } }, body: named, headers };
      if (way === 'add') return ok(api.POST('/api/v1/market/product-segments/{segment_id}/members/add', call));
      await ok(api.POST('/api/v1/market/product-segments/{segment_id}/members/remove', call));
      return { added: 0, unknown: [] };
    },
  });
}

function AddProducts({ segment }: { segment: ProductSegmentDetail }) {
  const [text, setText] = useState(''), [error, setError] = useState<string | null>(null);
  const change = useMembership(segment.id);
  const noun = words[segment.entity];
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
    if (wanted.length === 0) { setError(`Enter the ids of ${noun.many}`); return; }
    try {
      const done = await change.mutateAsync({ way: 'add', named: { external_ids: wanted } });
      const unknown = done.unknown;
      if (done.added > 0) {
        const back = wanted.filter((id) => !unknown.includes(id));
        undoToast(`${formatCount(done.added, noun.one, noun.many)} added`, () => change.mutateAsync({ way: 'remove', named: { external_ids: back } }));
      }
      setError(unknown.length > 0 ? `The catalogue has no ${unknown.slice(0, 3).join(', ')}` : null);
      setText(unknown.join(' '));
    } catch (problem) {
      setError(toProblem(problem).detail);
    }
  };
  return (
    <form onSubmit={(event) => void add(event)}>
      <Group gap="xs" align="flex-start">
        <TextInput aria-label={`Add ${noun.many} by their ids`} placeholder="your own ids: A-1 B-7" value={text} error={error} w={{ base: '100%', xs: 320 }} onChange={(event) => { setText(event.currentTarget.value); setError(null); }} />
        <Button type="submit" variant="default" leftSection={<IconPlus size={16} />} loading={change.isPending}>Add {noun.many}</Button>
      </Group>
    </form>
  );
}

/** What is on the list, as pictures; a static one is changed here. */
export function MembersTab({ segment }: { segment: ProductSegmentDetail }) {
  const can = useCan('market:update') && segment.type === 'static' && segment.archived_at === null;
  const noun = words[segment.entity];
  const [typed, setTyped] = useState(''), [q] = useDebouncedValue(typed.trim(), 250);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const change = useMembership(segment.id);
  const query = useInfiniteQuery({
    queryKey: ['product-segments', 'members', segment.id, q], initialPageParam: '',
    queryFn: ({ pageParam, signal }) => ok(api.GET('/api/v1/market/product-segments/{segment_id}/members', { params: { path: { segment_id: segment.id }, query: { limit: LIMIT, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const remove = () => {
    const ids = [...chosen];
    change.mutate({ way: 'remove', named: { ids } }, {
      onSuccess: () => { setChosen(new Set()); undoToast(`${formatCount(ids.length, noun.one, noun.many)} taken out`, () => change.mutateAsync({ way: 'add', named: { ids } })); }, onError: failToast,
    });
  };
  return (
    <Stack gap="md">
      {can && <AddProducts segment={segment} />}
      {segment.size > 0 && (
        <Group gap="xs">
          <TextInput type="search" aria-label={`Search these ${noun.many}`} placeholder="Search name, id or brand" value={typed} w={{ base: '100%', xs: 320 }} onChange={(event) => { setTyped(event.currentTarget.value); }} />
          {chosen.size > 0 && <Button variant="default" loading={change.isPending} onClick={remove}>Take out {formatCount(chosen.size, noun.one, noun.many)}</Button>}
        </Group>
      )}
      <Loaded query={query} what="the products of the segment">
        {(found) => {
          const cards = found.pages.flatMap((page) => page.items);
          if (cards.length === 0) return q ? <Text c="dimmed">Nothing here matches “{q}”.</Text> : <FirstUse icon={IconCategory} title={segment.type === 'static' ? 'Nothing on this list yet' : 'The rules find nothing'} text={segment.type === 'static' ? `Add ${noun.many} by their ids, or fill the list through the API.` : 'Change the rules, or wait for products that match them.'} />;
          return <ProductGrid cards={cards} {...(can ? { chosen, onChoose: (id: number, on: boolean) => { setChosen((before) => new Set(on ? [...before, id] : [...before].filter((one) => one !== id))); } } : {})} />;
        }}
      </Loaded>
      {query.hasNextPage && <Button variant="default" style={{ alignSelf: 'center' }} loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button>}
    </Stack>
  );
}
