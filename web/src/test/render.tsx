import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { vi } from 'vitest';
import { meQuery, type Me } from '@/api/session';
import { FideliaProvider, searchForm } from '@/kit';

export interface Sent { method: string; path: string; query: URLSearchParams; headers: Headers; body: unknown }
export interface Reply { status?: number; body?: unknown; headers?: Record<string, string> }
/** What the server answers to one request; undefined is a 404. */
export type Answer = (request: Sent) => Reply | undefined | Promise<Reply | undefined>;

export interface RenderOptions {
  /** the address at first, such as `/segments?q=gold` */
  at?: string;
  /** the route's pattern, such as `/segments/$segmentId`; `/$` when left out */
  path?: string;
  rights?: readonly string[];
  reply?: Answer;
  /** `reply` answers for saved views of lists too; without it there are none */
  views?: boolean;
}

export interface Rendered extends RenderResult {
  sent: Sent[];
  /** the address now */
  address: () => string;
  go: (href: string) => Promise<void>;
}

const nobody: Me = { kind: 'user', id: 1, name: 'Anna Krag', email: 'anna@example.com', roles: ['owner'], rights: [] };

const noViews: Reply = { body: { items: [], next_cursor: null, total: 0 } };

function answerWith(reply: Answer | undefined, sent: Sent[], views: boolean) {
  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request ? input : new Request(new URL(String(input), window.location.origin), init);
    const url = new URL(request.url);
    const text = await request.clone().text();
    const one: Sent = { method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers, body: text && request.headers.get('content-type')?.includes('json') ? JSON.parse(text) as unknown : text };
    const aside = !views && one.path === '/api/v1/views' && one.method === 'GET';
    if (!aside) sent.push(one);
    const found = aside ? noViews : await reply?.(one);
    const { status = found ? 200 : 404, body, headers = {} } = found ?? { body: { title: 'Not found', status: 404, detail: `There is nothing at ${url.pathname}` } };
    const kind = status >= 400 ? 'application/problem+json' : 'application/json';
    return new Response(status === 204 ? null : JSON.stringify(body ?? null), { status, headers: { 'Content-Type': kind, ...headers } });
  };
}

/** A page with router, query client, theme and a network that answers by `reply`. */
export async function renderPage(page: ReactNode, options: RenderOptions = {}): Promise<Rendered> {
  const { at = '/', path = '/$', rights = [], reply, views = false } = options;
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', answerWith(reply, sent, views));
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 0 }, mutations: { retry: false } } });
  client.setQueryData(meQuery.queryKey, { ...nobody, rights: [...rights] });
  const root = createRootRoute();
  const here = createRoute({ getParentRoute: () => root, path, component: () => page, validateSearch: (search: Record<string, unknown>) => search });
  const elsewhere = path === '/$' ? [] : [createRoute({ getParentRoute: () => root, path: '/$', component: () => <p>Another page</p> })];
  const history = createMemoryHistory({ initialEntries: [at] });
  const router = createRouter({ routeTree: root.addChildren([here, ...elsewhere]), history, ...searchForm });
  await router.load();
  const result = render(
    <QueryClientProvider client={client}>
      <FideliaProvider env="test"><RouterProvider router={router as never} /></FideliaProvider>
    </QueryClientProvider>,
  );
  return {
    ...result,
    sent,
    address: () => history.location.href,
    go: (href) => router.navigate({ href }),
  };
}
