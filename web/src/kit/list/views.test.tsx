import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { call } from '@/api/client';
import { useList, type ListReply } from '@/api/list';
import { renderPage, type Answer } from '@/test/render';
import { listSearch } from '../routing/search';
import { FirstUse } from '../states/Empty';
import { ListPage } from './ListPage';
import type { Column } from './types';
import { useListState } from './useListState';
import { sameLook, type Look, type View } from './useViews';

interface Row { id: number; name: string; people: number }
const columns: Column<Row>[] = [
  { key: 'name', header: 'Segment', cell: (r) => r.name, sort: 'name' },
  { key: 'people', header: 'People', cell: (r) => r.people },
];

function Segments() {
  const state = useListState();
  const query = useList(['segments', state.params], () => call<ListReply<Row>>(`/api/v1/segments?${new URLSearchParams(state.params).toString()}`));
  return (
    <ListPage name="segments" title="Segments" query={query} state={state} columns={columns} rowKey={(r) => r.id} rowLabel={(r) => r.name}
      noun={{ one: 'segment', many: 'segments' }} filters={[{ key: 'type', label: 'Type', options: [{ value: 'static', label: 'Static' }] }]} empty={<FirstUse title="Find the right people" />} />
  );
}

const look = (change: Partial<Look>): Look => ({ q: '', sort: '', filter: {}, columns: {}, ...change });
const view = (id: number, name: string, kept: Partial<Look>, mine = true): View => ({
  id, list: 'segments', name, look: look(kept), shared: !mine, mine, owner_name: 'Bo', created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
});
const gold = view(5, 'Gold, static', { q: 'gold', filter: { type: ['static'] }, columns: { people: false } });
const server = (views: View[]): Answer => ({ path, method }) => {
  if (path === '/api/v1/views' && method === 'GET') return { body: { items: views, next_cursor: null, total: views.length } };
  if (path.startsWith('/api/v1/views')) return { status: method === 'POST' ? 201 : 200, body: gold };
  return { body: { items: [{ id: 1, name: 'Segment 1', people: 7 }], next_cursor: null, total: 1 } };
};
const at = { path: '/segments', at: '/segments', views: true };

describe('saved views of a list', () => {
  it('show the list as they keep it, and say so in the address', async () => {
    const { sent, address } = await renderPage(<Segments />, { ...at, reply: server([gold]) });
    await userEvent.click(await screen.findByRole('button', { name: 'Gold, static' }));
    await waitFor(() => { expect(screen.queryByRole('columnheader', { name: 'People' })).toBeNull(); });
    await waitFor(() => { expect(sent.at(-1)?.query.get('type')).toBe('static'); });
    expect(screen.getByRole('searchbox')).toHaveValue('gold');
    expect(decodeURIComponent(address())).toMatch(/view=5/);
    expect(decodeURIComponent(address())).toMatch(/cols=-people/);
    await userEvent.click(screen.getByRole('button', { name: 'All' }));
    expect(await screen.findByRole('columnheader', { name: 'People' })).toBeVisible();
    expect(address()).toBe('/segments');
  });

  it('offer Save and Reset as soon as one is changed, and only Reset for somebody else’s', async () => {
    const { sent } = await renderPage(<Segments />, { ...at, at: '/segments?view=5&q=silver&filter={"type":["static"]}&cols=-people', reply: server([gold]) });
    await userEvent.click(await screen.findByRole('button', { name: 'Save' }));
    await waitFor(() => { expect(sent.find((s) => s.method === 'PATCH')?.body).toEqual({ look: { q: 'silver', sort: '', filter: { type: ['static'] }, columns: { people: false } } }); });
    await userEvent.click(screen.getByRole('button', { name: 'Reset' }));
    await waitFor(() => { expect(screen.queryByRole('button', { name: 'Reset' })).toBeNull(); });
    expect(screen.getByRole('searchbox')).toHaveValue('gold');
  });

  it('of others cannot be saved over', async () => {
    await renderPage(<Segments />, { ...at, at: '/segments?view=6&q=x', reply: server([view(6, 'Shared', {}, false)]) });
    expect(await screen.findByRole('button', { name: 'Reset' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
  });

  it('are kept under a name that has to be given, and the focus comes back', async () => {
    const { sent } = await renderPage(<Segments />, { ...at, at: '/segments?q=gold', reply: server([]) });
    await screen.findByText('Segment 1');
    await userEvent.click(screen.getByRole('button', { name: 'Views' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Save as a view…' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Save view' }));
    expect(await screen.findByText('Enter a name for the view')).toBeVisible();
    await userEvent.type(screen.getByLabelText('Name'), 'Gold');
    await userEvent.click(screen.getByLabelText(/Show it to everybody/));
    await userEvent.click(screen.getByRole('button', { name: 'Save view' }));
    await waitFor(() => { expect(sent.find((s) => s.method === 'POST')?.body).toEqual({ list: 'segments', name: 'Gold', shared: true, look: look({ q: 'gold' }) }); });
    await waitFor(() => { expect(screen.queryByRole('dialog')).toBeNull(); });
    await waitFor(() => { expect(screen.getByRole('button', { name: 'Views' })).toHaveFocus(); });
  });
});

describe('the look of a list', () => {
  it('is the same whatever the order of its parts, and an order left out is the list’s own', () => {
    expect(sameLook(look({ columns: { a: true, b: false } }), look({ columns: { b: false, a: true } }))).toBe(true);
    expect(sameLook(look({ sort: '-name' }), look({}), '-name')).toBe(true);
    expect(sameLook(look({ q: 'x' }), look({}))).toBe(false);
  });
  it('is read from an address without trust', () => {
    expect(listSearch([])({ cols: '-city', view: '7' })).toEqual({ cols: '-city', view: 7 });
    expect(listSearch([])({ view: 'x', cols: 3 })).toEqual({ cols: '3' });
  });
});

describe('an address that names nothing but a view', () => {
  it('opens it as it was kept, and calls nothing edited', async () => {
    const { address } = await renderPage(<Segments />, { ...at, at: '/segments?view=5', reply: server([gold]) });
    await waitFor(() => { expect(screen.getByRole('searchbox')).toHaveValue('gold'); });
    expect(screen.queryByRole('columnheader', { name: 'People' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Reset' })).toBeNull();
    expect(decodeURIComponent(address())).toMatch(/view=5/);
  });
  it('says whose it is', async () => {
    await renderPage(<Segments />, { ...at, reply: server([gold, { ...view(6, 'Everybody’s', {}), shared: true }, view(7, 'Of Bo', {}, false)]) });
    expect(await screen.findByLabelText('shared by Bo')).toBeInTheDocument();
    expect(screen.getByLabelText('shared by you')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Gold, static' })).toBeVisible();
  });
});
