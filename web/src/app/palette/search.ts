import { useQueries } from '@tanstack/react-query';
import { call } from '@/api/client';
import { useDatabase } from '@/api/database';
import type { ListReply } from '@/api/list';
import { useCanAny } from '@/api/session';
import { paths } from '@/kit';

export interface Found {
  id: string;
  label: string;
  note?: string;
  href: string;
}

type Item = Readonly<Record<string, unknown>> & { id: number };

interface Source {
  group: string;
  right: string;
  people?: boolean;
  url: (db: number | undefined) => string | null;
  found: (item: Item, db: number | undefined) => Found;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const named = (href: (id: number) => string) => (item: Item): Found => ({ id: href(item.id), label: text(item.name) || text(item.title) || `#${item.id}`, href: href(item.id) });

function person(item: Item, db: number | undefined): Found {
  const href = paths.profile(db ?? 0, item.id);
  const name = [text(item.first_name), text(item.last_name)].filter(Boolean).join(' ');
  const email = text(item.email);
  return { id: href, label: name || email || text(item.external_id) || `Profile ${item.id}`, note: name ? email : `#${item.id}`, href };
}

const sources: readonly Source[] = [
  { group: 'People', right: 'profiles:read', people: true, url: (db) => (db === undefined ? null : `/api/v1/databases/${db}/profiles`), found: person },
  { group: 'Segments', right: 'segments:read', url: () => '/api/v1/segments', found: named(paths.segment) },
  { group: 'Mailings', right: 'mailings:read', url: () => '/api/v1/mailings', found: named(paths.mailing) },
  { group: 'Templates', right: 'templates:read', url: () => '/api/v1/templates', found: named(paths.template) },
  { group: 'Products', right: 'market:read', url: () => '/api/v1/market/products', found: named(paths.product) },
];

/** Objects of all kinds by name; people by e-mail, phone or id. `@` asks for people only, `#` for an id. */
export function useServerSearch(typed: string): readonly { group: string; found: readonly Found[] }[] {
  const db = useDatabase()?.id;
  const can = useCanAny();
  const people = typed.startsWith('@');
  const q = typed.replace(/^[@#]\s*/, '').trim();
  const asked = typed.startsWith('>') || q.length < 2 ? [] : sources.filter((s) => can(s.right) && (!people || s.people));
  const results = useQueries({
    queries: asked.map((source) => ({
      queryKey: ['palette', source.group, db, q],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const url = source.url(db);
        if (url === null) return [];
        const reply = await call<ListReply<Item>>(`${url}?limit=5&q=${encodeURIComponent(q)}`, { signal });
        return reply.items.map((item) => source.found(item, db));
      },
      staleTime: 20_000,
      retry: false,
    })),
  });
  return asked.map((source, i) => ({ group: source.group, found: results[i]?.data ?? [] })).filter((g) => g.found.length > 0);
}
