import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LiveCount } from '@/conditions';
import { MenuActions } from '@/kit';
import type { Field } from '@/profiles/model';
import { renderPage, type Answer } from '@/test/render';
import { usePeopleActions } from '../peopleActions';
import type { Settings } from '../useBuilder';
import { BulkNewPage } from './BulkNewPage';
import { handedOver, handOver } from './handover';
import { newRow, toOperation } from './model';

const condition = { kind: 'compare', field: 'profile.city', op: 'eq', value: 'Oslo' };
const age = { id: 5, name: 'age', type: 'integer', label: '', options: [], validator: null, path_validators: {}, unique: false, required: false, description: '', builtin: false, read_only: false } as unknown as Field;
const database = { id: 1, name: 'shop', timezone: 'UTC', description: '', profile_count: 2469, created_at: null, updated_at: null, fields: [age] };
const live = { data: { count: 4, sentence: 'City is Oslo' }, stale: false } as unknown as LiveCount;
const settings: Settings = { name: '', description: '', tags: [], schedule: null, range: { from: 10, to: 20 }, limit: 500 };
const resources = [{ id: 4, name: 'News', channels: ['email', 'push'] }, { id: 7, name: 'App', channels: ['push'] }];
const answers: Answer = ({ path }) => {
  if (path === '/api/v1/databases/1') return { body: database };
  if (path === '/api/v1/resources') return { body: { items: resources, next_cursor: null, total: 2 } };
  if (path.endsWith('/bulk-updates/preview')) return { body: { title: 'People who meet a condition', people: 4, examined: 4, changed: 4, unchanged: 0, refused: 0, gone: 0, events: 0, lowers: false, steps: [], reasons: [], sample: [] } };
  return undefined;
};
const bulk = { path: '/databases/$databaseId/bulk-updates/new', rights: ['profiles:read', 'profiles:update'], reply: answers };
afterEach(() => { sessionStorage.clear(); });

function Menu({ skipped = [] }: { skipped?: string[] }) {
  const { menu } = usePeopleActions({ databaseId: 1, live, written: { condition, paths: new Map(), skipped }, settings });
  return <MenuActions label="More" actions={menu} />;
}

describe('rules that are not saved', () => {
  it('have an id that an address cannot read as a number', () => {
    for (const id of ['12345e67-0000-4000-8000-000000000000', '12345678-0000-4000-8000-000000000000'] as const) {
      const uuid = vi.spyOn(crypto, 'randomUUID').mockReturnValue(id);
      const made = handOver({ databaseId: 3, audience: { condition: { kind: 'always' } }, words: 'Everybody' });
      uuid.mockRestore();
      expect(Number(made)).toBeNaN();
      expect(handedOver(made, 3)?.words).toBe('Everybody');
      expect(handedOver(made, 4)).toBeNull();
    }
  });

  it('go from the builder to a change of the people they find, with range and limit', async () => {
    const user = userEvent.setup();
    const builder = await renderPage(<Menu />, { path: '/segments/new', at: '/segments/new', rights: ['profiles:update'] });
    await user.click(await screen.findByRole('button', { name: 'More' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Change these people…' }));
    await waitFor(() => { expect(builder.address()).toMatch(/^\/databases\/1\/bulk-updates\/new\?rules=/); });
    const id = /rules=(r[0-9a-f]+)$/.exec(builder.address())?.[1] ?? '';
    expect(handedOver(id, 1)).toEqual({ databaseId: 1, words: 'City is Oslo', audience: { condition, range: { from: 10, to: 20 }, limit: 500 } });
    expect(handedOver(id, 2)).toBeNull();
  });
  it('with an unfinished one go nowhere', async () => {
    const user = userEvent.setup();
    const builder = await renderPage(<Menu skipped={['x']} />, { path: '/segments/new', at: '/segments/new', rights: ['profiles:update'] });
    await user.click(await screen.findByRole('button', { name: 'More' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Change these people…' }));
    expect(builder.address()).toBe('/segments/new');
    expect(sessionStorage).toHaveLength(0);
  });
  it('are whom the change is about, said in words', async () => {
    const id = handOver({ databaseId: 1, audience: { condition: condition as never, range: { from: 10, to: 20 }, limit: 500 }, words: 'City is Oslo' });
    const user = userEvent.setup();
    const { sent } = await renderPage(<BulkNewPage />, { ...bulk, at: `/databases/1/bulk-updates/new?rules=${id}` });
    expect(await screen.findByText('City is Oslo')).toBeVisible();
    expect(screen.getByText('Of them a random part, 10–20 %, at most 500 people')).toBeVisible();
    await user.click(screen.getByRole('combobox', { name: 'Field' }));
    await user.click(await screen.findByRole('option', { name: 'Age' }));
    await user.type(screen.getByRole('textbox', { name: 'New value' }), '7');
    await waitFor(() => { expect(sent.find((s) => s.path.endsWith('/preview'))?.body).toMatchObject({ audience: { condition, range: { from: 10, to: 20 }, limit: 500 } }); });
  });
  it('of another tab are asked for again; nobody is changed in their place', async () => {
    await renderPage(<BulkNewPage />, { ...bulk, at: '/databases/1/bulk-updates/new?rules=0badcafe' });
    expect(await screen.findByText('These rules are not here')).toBeVisible();
    expect(screen.queryByRole('combobox', { name: 'Field' })).toBeNull();
  });
});

describe('the contact of a subscription', () => {
  it('can be that of another resource, and must be where a profile has none of its own', async () => {
    const row = { ...newRow('subscribe'), resource: '4', source: 'fair' };
    expect(toOperation({ ...row, channel: 'push' }, [])).toBeNull();
    expect(toOperation({ ...row, channel: 'push', contact: '7' }, [])).toMatchObject({ channel: 'push', contact_of: 7 });
    expect(toOperation(row, [])).not.toHaveProperty('contact_of');
    const user = userEvent.setup();
    await renderPage(<BulkNewPage />, { ...bulk, at: '/databases/1/bulk-updates/new' });
    await user.click(await screen.findByRole('combobox', { name: 'What to do' }));
    await user.click(await screen.findByRole('option', { name: 'Subscribe to' }));
    await user.click(screen.getByRole('combobox', { name: 'Resource' }));
    await user.click(await screen.findByRole('option', { name: 'News' }));
    await user.click(screen.getByRole('combobox', { name: 'Channel' }));
    await user.click(await screen.findByRole('option', { name: 'Push' }));
    await user.click(screen.getByRole('combobox', { name: 'At which contact' }));
    expect(await screen.findByRole('option', { name: 'As subscribed to App' })).toBeVisible();
  });
});
