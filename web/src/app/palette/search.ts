import { useQueries, useQuery } from '@tanstack/react-query';
import { call } from '@/api/client';
import { useDatabase } from '@/api/database';
import type { ListReply } from '@/api/list';
import { toProblem } from '@/api/problem';
import { useCanAny } from '@/api/session';
import type { components } from '@/api/schema';
import { paths } from '@/kit';

export interface Found {
  id: string;
  label: string;
  note?: string;
  href: string;
}

type Group = components['schemas']['QuickGroup'];
type Reply = components['schemas']['QuickSearch'];
type Item = Readonly<Record<string, unknown>> & { id: number };

interface Source {
  group: string;
  right: string;
  url: string;
  href: (id: number) => string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
function person(item: Item, group: Group, several: boolean): Found {
  const href = paths.profile(group.database_id, item.id);
  const name = [text(item.first_name), text(item.last_name)].filter(Boolean).join(' ');
  const email = text(item.email);
  const note = [name ? email || `#${item.id}` : `#${item.id}`, several && group.database].filter(Boolean).join(' · ');
  return { id: href, label: name || email || text(item.external_id) || `Profile ${item.id}`, note, href };
}

const sources: readonly Source[] = [
  { group: 'Segments', right: 'segments:read', url: '/api/v1/segments', href: paths.segment },
  { group: 'Mailings', right: 'mailings:read', url: '/api/v1/mailings', href: paths.mailing },
  { group: 'Campaigns', right: 'campaigns:read', url: '/api/v1/campaigns', href: paths.campaign },
  { group: 'Templates', right: 'templates:read', url: '/api/v1/templates', href: paths.template },
  { group: 'Products', right: 'market:read', url: '/api/v1/market/products', href: paths.product },
];

const PEOPLE = 6;
const href = (q: string): string => `/search?q=${encodeURIComponent(q)}`;

/** `city:Oslo`, `email:"a b"`: a search that only people can answer. */
export const isFieldSearch = (q: string): boolean => /^[\p{L}_][\p{L}\p{N}_ ]*:\S/u.test(q);

/** People of every database, those of the one at hand first; the last entry leads to the page with all of them. */
export function peopleOf(reply: Reply, q: string, db: number | undefined): Found[] {
  const groups = [...reply.items].sort((a, b) => Number(b.database_id === db) - Number(a.database_id === db));
  const people = groups.flatMap((g) => g.items.map((hit) => person(hit.profile as Item, g, groups.length > 1)));
  const problems = groups.flatMap((g) => (g.problem ? [g.problem] : []));
  if (people.length === 0) return problems[0] ? [{ id: 'problem', label: `Search people: ${q}`, note: problems[0], href: href(q) }] : [];
  return [...people.slice(0, PEOPLE), { id: 'all', label: `All people who fit “${q}”`, note: people.length > PEOPLE ? 'there are more' : 'as a page whose address can be shared', href: href(q) }];
}

export interface ServerSearch {
  groups: readonly { group: string; found: readonly Found[] }[];
  /** something is still asked */
  loading: boolean;
  /** what could not be asked, in words */
  failed: string | null;
  /** what of it could not be searched, as "people" */
  missed: readonly string[];
}

/** Objects of all kinds by name; people by name, e-mail, phone, id or `field:value`. `@` asks for people only, `#` for an id. */
export function useServerSearch(typed: string): ServerSearch {
  const db = useDatabase()?.id;
  const can = useCanAny();
  const q = typed.replace(/^[@#]\s*/, '').trim();
  const only = typed.startsWith('@') || typed.startsWith('#') || isFieldSearch(q);
  const open = !typed.startsWith('>') && q.length >= (only ? 1 : 2);
  const asked = open && !only ? sources.filter((s) => can(s.right)) : [];
  const people = useQuery({
    queryKey: ['palette', 'people', q], enabled: open && can('profiles:read'), staleTime: 20_000, retry: false,
    queryFn: ({ signal }) => call<Reply>(`/api/v1/search?limit=${PEOPLE + 1}&q=${encodeURIComponent(q)}`, { signal }),
  });
  const results = useQueries({
    queries: asked.map((source) => ({
      queryKey: ['palette', source.group, q],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const reply = await call<ListReply<Item>>(`${source.url}?limit=5&q=${encodeURIComponent(q)}`, { signal });
        return reply.items.map((item): Found => ({ id: source.href(item.id), label: text(item.name) || text(item.title) || `#${item.id}`, href: source.href(item.id) }));
      },
      staleTime: 20_000,
      retry: false,
    })),
  });
  const groups = [
    { group: 'People', found: open && people.data ? peopleOf(people.data, q, db) : [] },
    ...asked.map((source, i) => ({ group: source.group, found: results[i]?.data ?? [] })),
  ];
  const missed = [...(people.error ? ['people'] : []), ...asked.flatMap((source, i) => (results[i]?.error ? [source.group.toLowerCase()] : []))];
  return { missed, groups: groups.filter((g) => g.found.length > 0), loading: people.isLoading || results.some((r) => r.isLoading), failed: people.error && only ? toProblem(people.error).detail : null };
}
