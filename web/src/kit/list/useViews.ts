import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import type { ListState } from './useListState';

export type View = components['schemas']['ViewOut'];
export type Look = components['schemas']['ViewLook'];

const sorted = (entries: readonly (readonly [string, unknown])[]) => [...entries].sort(([a], [b]) => a.localeCompare(b));
const text = (look: Look, fallback: string) => JSON.stringify([look.q ?? '', look.sort ?? '' ? look.sort : fallback, sorted(Object.entries(look.filter)), sorted(Object.entries(look.columns))]);

/** Do two looks show a list alike? An order left out is the list's own. */
export const sameLook = (a: Look, b: Look, fallback = ''): boolean => text(a, fallback) === text(b, fallback);

/** The saved views of a list, and the one that is open. */
export function useViews(list: string, state: ListState, columns: Look['columns'], enabled: boolean) {
  const look: Look = { ...state.look, columns };
  const query = useQuery({
    queryKey: ['views', list], enabled, staleTime: 60_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/views', { params: { query: { list } }, signal })),
  });
  const refresh = [['views', list]];
  const create = useAction({ refresh, run: (view: { name: string; shared: boolean }, { headers }) => ok(api.POST('/api/v1/views', { body: { list, ...view, look }, headers })), onDone: (made) => { state.apply(made.look, made.id); } });
  const change = useAction({ refresh, run: ({ id, ...body }: { id: number; name?: string; shared?: boolean; look?: Look }) => ok(api.PATCH('/api/v1/views/{view_id}', { params: { path: { view_id: id } }, body })) });
  const remove = useAction({ refresh, run: (id: number) => ok(api.DELETE('/api/v1/views/{view_id}', { params: { path: { view_id: id } } })) });
  const views = query.data?.items ?? [];
  const open = views.find((view) => view.id === state.view) ?? null;
  // An address that names a view and nothing else, as one writes it into a mail, opens the view.
  const { bare, apply } = state;
  useEffect(() => { if (open && bare) apply(open.look, open.id, { replace: true }); }, [open, bare, apply]);
  return { views, open, look, edited: open !== null && !state.bare && !sameLook(open.look, look, state.defaultSort), create, change, remove };
}

export type Views = ReturnType<typeof useViews>;
