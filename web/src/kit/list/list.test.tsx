import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { call } from '@/api/client';
import { useList, type ListReply } from '@/api/list';
import { renderPage, type Answer } from '@/test/render';
import { FirstUse } from '../states/Empty';
import { ListPage } from './ListPage';
import type { Column, Selection } from './types';
import { useListState } from './useListState';

interface Row { id: number; name: string; people: number }
const columns: Column<Row>[] = [
  { key: 'name', header: 'Segment', cell: (r) => r.name, sort: 'name' },
  { key: 'people', header: 'People', cell: (r) => r.people, sort: 'count', align: 'right' },
];

function Segments({ onArchive = () => undefined }: { onArchive?: (s: Selection) => void }) {
  const state = useListState();
  const query = useList(['segments', state.params], ({ cursor, limit }) =>
    call<ListReply<Row>>(`/api/v1/segments?${new URLSearchParams({ ...state.params, limit: String(limit), ...(cursor ? { cursor } : {}) }).toString()}`));
  return (
    <ListPage name="segments" title="Segments" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => r.name} rowHref={(r) => `/segments/${r.id}`}
      noun={{ one: 'segment', many: 'segments' }} filters={[{ key: 'type', label: 'Type', options: [{ value: 'static', label: 'Static' }] }]}
      bulk={[{ label: (n) => `Archive ${n} segments`, run: onArchive }]} empty={<FirstUse title="Find the right people" />} />
  );
}

const rows = (from: number, n: number): Row[] => Array.from({ length: n }, (_, i) => ({ id: from + i, name: `Segment ${from + i}`, people: i }));
const twoPages: Answer = ({ query }) => ({ body: query.get('cursor') ? { items: rows(3, 1), next_cursor: null, total: 3 } : { items: rows(1, 2), next_cursor: 'c2', total: 3 } });
const at = { path: '/segments', at: '/segments' };

describe('a list', () => {
  it('pages by cursor and says how many of how many', async () => {
    const { sent } = await renderPage(<Segments />, { ...at, reply: twoPages });
    expect(await screen.findByText(/2 of 3 segments · as of/)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Load more' }));
    expect(await screen.findByText(/3 of 3 segments · as of/)).toBeVisible();
    expect(sent.at(-1)?.query.get('cursor')).toBe('c2');
    expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
  });

  it('keeps search, sort and filter in the address and asks the server for them', async () => {
    const { sent, address } = await renderPage(<Segments />, { ...at, reply: twoPages });
    await screen.findByText('Segment 1');
    await userEvent.click(screen.getByRole('button', { name: /People/ }));
    await waitFor(() => { expect(sent.at(-1)?.query.get('sort')).toBe('count'); });
    expect(screen.getByRole('columnheader', { name: /People/ })).toHaveAttribute('aria-sort', 'ascending');
    await userEvent.type(screen.getByRole('searchbox'), 'gold');
    await waitFor(() => { expect(sent.at(-1)?.query.get('q')).toBe('gold'); });
    await userEvent.click(screen.getByRole('button', { name: 'Type' }));
    await userEvent.click(await screen.findByRole('menuitemcheckbox', { name: 'Static' }));
    await waitFor(() => { expect(sent.at(-1)?.query.get('type')).toBe('static'); });
    expect(screen.getByText('Type is Static')).toBeVisible();
    expect(decodeURIComponent(address())).toContain('"type":["static"]');
  });

  it('selects the page first and everything that matches only when asked', async () => {
    const archive = vi.fn<(s: Selection) => void>();
    await renderPage(<Segments onArchive={archive} />, { ...at, reply: twoPages });
    await userEvent.click(await screen.findByRole('checkbox', { name: 'Select the segments shown' }));
    const bar = screen.getByRole('region', { name: 'Selection' });
    expect(bar).toHaveTextContent('2 selected');
    await userEvent.click(within(bar).getByRole('button', { name: 'Select all 3 that match' }));
    await userEvent.click(within(bar).getByRole('button', { name: 'Archive 3 segments' }));
    expect(archive).toHaveBeenCalledWith({ ids: ['1', '2'], all: true, count: 3 });
    await waitFor(() => { expect(screen.queryByRole('region', { name: 'Selection' })).toBeNull(); });
  });

  it('tells first use, no match and failure apart', async () => {
    const first = await renderPage(<Segments />, { ...at, reply: () => ({ body: { items: [], next_cursor: null, total: 0 } }) });
    expect(await screen.findByText('Find the right people')).toBeVisible();
    first.unmount();
    const none = await renderPage(<Segments />, { path: '/segments', at: '/segments?q=adda', reply: () => ({ body: { items: [], next_cursor: null, total: 0 } }) });
    expect(await screen.findByText('No segment matches “adda”')).toBeVisible();
    await userEvent.click(within(screen.getByRole('heading', { name: /No segment/ }).parentElement!).getByRole('button', { name: 'Clear search' }));
    expect(await screen.findByText('Find the right people')).toBeVisible();
    none.unmount();
    await renderPage(<Segments />, { ...at, reply: () => ({ status: 500, body: { title: 'Internal error', status: 500, detail: 'It was logged' }, headers: { 'X-Request-ID': 'k3v9' } }) });
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('Could not load the segments');
    expect(alert).toHaveTextContent('k3v9');
    expect(within(alert).getByRole('button', { name: 'Try again' })).toBeVisible();
  });

  it('makes each row a real link and remembers hidden columns', async () => {
    const page = await renderPage(<Segments />, { ...at, reply: twoPages });
    expect(await screen.findByRole('link', { name: 'Segment 1' })).toHaveAttribute('href', '/segments/1');
    await userEvent.click(screen.getByRole('button', { name: 'Columns' }));
    await userEvent.click(await screen.findByRole('menuitemcheckbox', { name: 'People' }));
    expect(screen.queryByRole('columnheader', { name: /People/ })).toBeNull();
    page.unmount();
    await renderPage(<Segments />, { ...at, reply: twoPages });
    await screen.findByText('Segment 1');
    expect(screen.queryByRole('columnheader', { name: /People/ })).toBeNull();
  });
});

