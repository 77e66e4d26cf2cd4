import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { SegmentListPage } from './SegmentListPage';
import { SegmentPage } from './SegmentPage';
import { tagFilter } from './tagging';

const segment = (id: number, name: string, tags: string[]) => ({ id, database_id: 1, database: 'shop', name, description: '', type: 'static', condition: null, range: null, limit: null, schedule: null, tags, next_run_at: null, size: 3, calculated_at: null, version: 1, archived_at: null, created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', used_by: [], problems: [], sentence: '', spans: [], last_run: null });
const rights = ['segments:read', 'segments:update', 'databases:read'];
const reply: Answer = ({ method, path }) => {
  if (path === '/api/v1/databases') return { body: { items: [{ id: 1, name: 'shop', timezone: 'UTC', fields: [] }], next_cursor: null, total: 1 } };
  if (path === '/api/v1/segments/tags') return { body: method === 'POST' ? { changed: 1 } : { items: [{ name: 'spring', count: 1 }, { name: 'VIP', count: 2 }] } };
  if (path === '/api/v1/segments/5') return { body: segment(5, 'Vips', ['VIP']) };
  if (path === '/api/v1/segments') return { body: { items: [segment(5, 'Vips', ['VIP']), segment(6, 'Spring', ['spring', 'VIP', 'c', 'd', 'e'])], next_cursor: null, total: 2 } };
  return undefined;
};

describe('tags in the list of segments', () => {
  it('stand in their rows, filter it by the address, and change for many', async () => {
    const page = await renderPage(<SegmentListPage />, { at: '/segments', path: '/segments', rights, reply });
    const user = userEvent.setup();
    expect(await screen.findByRole('img', { name: 'and c, d, e' })).toHaveTextContent('+3');
    await user.click(screen.getByRole('button', { name: 'Tag' }));
    await user.click(await screen.findByRole('menuitemcheckbox', { name: /VIP/ }));
    await waitFor(() => { expect(page.sent.some((s) => s.path === '/api/v1/segments' && s.query.get('tag') === 'VIP')).toBe(true); });
    await user.keyboard('{Escape}');
    await user.click(screen.getAllByRole('checkbox', { name: /Vips/ })[0]!);
    await user.click(screen.getByRole('button', { name: 'Tag 1 segment' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: 'Change tags' }));
    expect(within(dialog).getByRole('alert')).toHaveTextContent('Name a tag to add or to remove');
    await user.type(within(dialog).getByRole('combobox', { name: 'Add' }), 'vip,new  one{Enter}');
    await user.type(within(dialog).getByRole('combobox', { name: 'Remove' }), 'spring{Enter}');
    await user.click(within(dialog).getByRole('button', { name: 'Change tags' }));
    await waitFor(() => { expect(page.sent.find((s) => s.method === 'POST')?.body).toEqual({ ids: [5], add: ['VIP', 'new one'], remove: ['spring'] }); });
  });
  it('a filter that nothing carries any more can still be taken away', () => {
    expect(tagFilter([], [])).toEqual([]);
    expect(tagFilter([{ name: 'a', count: 1 }], ['gone'])[0]?.options.map((o) => o.value)).toEqual(['a', 'gone']);
  });
});

describe('name, description and tags of one segment', () => {
  it('are changed beside it, and only what was touched is sent', async () => {
    const page = await renderPage(<SegmentPage />, { at: '/segments/5?drawer=details', path: '/segments/$segmentId', rights, reply });
    const user = userEvent.setup();
    const drawer = await screen.findByRole('dialog');
    await user.type(await within(drawer).findByRole('combobox', { name: 'Tags' }), 'Spring{Enter}');
    await user.click(within(drawer).getByRole('button', { name: 'Save segment' }));
    await waitFor(() => { expect(page.sent.find((s) => s.method === 'PATCH')?.body).toEqual({ tags: ['VIP', 'spring'] }); });
  });
});
