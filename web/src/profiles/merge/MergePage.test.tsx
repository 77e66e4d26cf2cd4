import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { MergePage } from './MergePage';

const field = (name: string) => ({ id: null, name, type: 'string', label: '', options: [], validator: null, path_validators: {}, unique: false, required: false, description: '', builtin: true, read_only: false });
const people: Record<string, unknown> = { 17: { id: 17, version: 1, first_name: 'Ada', email: 'ada@a.co', status: 'subscribed' }, 18: { id: 18, version: 1, first_name: 'Ada B', email: 'b@a.co', status: 'subscribed' } };
const answer: Answer = ({ path, method, body }) => {
  if (path === '/api/v1/databases/1') return { body: { id: 1, name: 'shop', timezone: 'UTC', description: '', profile_count: 2, fields: [field('first_name'), field('email')] } };
  const person = /profiles\/(\d+)$/.exec(path);
  if (person?.[1]) return { body: people[person[1]] };
  if (path.endsWith('/profiles/merge') && method === 'POST') {
    const wish = body as { preview?: boolean; destination: number };
    return { body: { merge_id: wish.preview ? null : 3, profile: people[wish.destination], conflicts: [{ field: 'email', kept: 'ada@a.co', dropped: [{ database_id: 1, profile_id: 18, value: 'b@a.co', reason: null }] }], moved: { orders: 2 }, already: [], preview: Boolean(wish.preview) } };
  }
  return undefined;
};

describe('merging profiles', () => {
  it('shows the result before it merges, and sends what was chosen', async () => {
    const { sent, address } = await renderPage(<MergePage />, { at: '/databases/1/merge?people=17,18', path: '/databases/$databaseId/merge', rights: ['profiles:read', 'profiles:update'], reply: answer });
    expect(await screen.findByText('b@a.co', { exact: false, selector: 'td div' })).toBeVisible();
    expect(screen.getByText(/2 orders/)).toBeVisible();
    expect(sent.filter((s) => s.path.endsWith('/merge')).every((s) => (s.body as { preview?: boolean }).preview)).toBe(true);
    await userEvent.click(screen.getByLabelText(/Ada B/));
    await userEvent.click(screen.getByLabelText('Their history'));
    await userEvent.click(await screen.findByRole('button', { name: 'Merge 2 profiles' }));
    await waitFor(() => { expect(address()).toBe('/databases/1/profiles/18'); });
    const done = sent.filter((s) => s.path.endsWith('/merge')).at(-1);
    expect(done?.body).toEqual({ destination: 18, sources: [17], subscriptions: true, history: false, static_segments: true, skip_triggers: false });
  });
});
