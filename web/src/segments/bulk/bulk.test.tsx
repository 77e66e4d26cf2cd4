import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import type { Field } from '@/profiles/model';
import { BulkNewPage } from './BulkNewPage';
import { BulkPage } from './BulkPage';
import { audienceOf, fits, newRow, toOperation, written, type BulkPreview, type BulkUpdate, type Row } from './model';

const field = (name: string, type: Field['type'], more: Partial<Field> = {}) => ({ id: 5, name, type, label: '', options: [], validator: null, path_validators: {}, unique: false, required: false, description: '', builtin: false, read_only: false, ...more }) as unknown as Field;
const fields = [field('age', 'integer'), field('likes', 'tags'), field('card', 'string', { unique: true }), field('rank', 'integer', { read_only: true }), field('note', 'string', { required: true })];
const database = { id: 1, name: 'shop', timezone: 'UTC', description: '', profile_count: 2469, created_at: null, updated_at: null, fields };
const row = (kind: Row['kind'], more: Partial<Row>): Row => ({ ...newRow(kind), ...more });

const preview: BulkPreview = {
  title: 'Everybody in shop', people: 2469, examined: 2469, changed: 2460, unchanged: 4, refused: 5, gone: 0, events: 2460, lowers: false, steps: [{ title: 'Increment age', changed: 2460, kept: 0, refused: 5 }],
  reasons: [{ operation: 0, field: 'age', reason: 'This number is too large', people: 5 }],
  sample: [{ profile_id: 1, name: 'Kari', changes: [{ what: 'age', before: 41, after: 51 }], refused: null }, { profile_id: 2, name: 'Ola', changes: [], refused: 'This number is too large' }],
};
const done: BulkUpdate = {
  id: 9, database_id: 1, title: 'Segment Vips', audience: { segment: 3 }, operations: [{ op: 'increment', field: 'age', by: 10 }], skip_triggers: false, state: 'cancelled', people: 12, done: 5, changed: 4, unchanged: 0, refused: 1, gone: 0, known: ['changed', 'unchanged', 'refused'], events: 4, steps: [{ title: 'Increment age', changed: 4, kept: 0, refused: 1 }],
  reasons: preview.reasons, error: 'Stopped after 5 of 12 people; what is done stays done', job_id: 'j1', actor: 'admin', created_at: '2026-11-16T12:00:00Z', started_at: '2026-11-16T12:00:00Z', finished_at: '2026-11-16T12:00:01Z',
};
const answers: Answer = ({ method, path }) => {
  if (path === '/api/v1/databases/1') return { body: database };
  if (path === '/api/v1/resources') return { body: { items: [], next_cursor: null, total: 0 } };
  if (path.endsWith('/bulk-updates/preview')) return { body: preview };
  if (path.endsWith('/bulk-updates') && method === 'POST') return { status: 202, body: { job: { id: 'j1', kind: 'x', title: 'x', state: 'queued' }, bulk_update: done } };
  if (path === '/api/v1/bulk-updates/9') return { body: done };
  return undefined;
};
const posted = (sent: Sent[]) => sent.filter((s) => s.method === 'POST' && s.path.endsWith('/bulk-updates'));

describe('operations', () => {
  it('are written for the API as soon as they are finished', () => {
    expect(toOperation(row('increment', { field: 'age', value: '-3' }), fields)).toEqual({ op: 'increment', field: 'age', by: -3 });
    expect(toOperation(row('add', { field: 'likes', value: ['tea'] }), fields)).toEqual({ op: 'add', field: 'likes', values: ['tea'] });
    expect(toOperation(row('set', { field: 'age', value: '' }), fields)).toBeNull();
    expect(toOperation(row('unsubscribe', { resource: '4' }), fields)).toEqual({ op: 'unsubscribe', resource_id: 4 });
    expect(written([row('set', { field: 'age', value: 'old' })], fields).errors).not.toEqual({});
  });
  it('never raise consent without a word how they agreed', () => {
    expect(toOperation(row('subscribe', { resource: '4' }), fields)).toBeNull();
    expect(toOperation(row('subscribe', { resource: '4', source: ' fair ' }), fields)).toEqual({ op: 'subscribe', resource_id: 4, channel: 'email', status: 'subscribed', raise_consent: false, opt_in: { source: 'fair' } });
    expect(toOperation(row('status', { status: 'subscribed', raises: true }), fields)).toBeNull();
  });
  it('are offered for the fields that they can change', () => {
    const names = (kind: Row['kind']) => fields.filter((f) => fits(kind, f)).map((f) => f.name);
    expect(names('set')).toEqual(['age', 'likes', 'note']);
    expect(names('unset')).toEqual(['age', 'likes', 'card']);
    expect(names('increment')).toEqual(['age']);
    expect(names('remove')).toEqual(['likes']);
  });
  it('are about whom the address names', () => {
    expect(audienceOf({ ids: '3,5,x' })).toEqual({ profile_ids: [3, 5] });
    expect(audienceOf({ segment: '7' })).toEqual({ segment: 7 });
    expect(audienceOf({ q: 'city:Oslo' })).toEqual({ q: 'city:Oslo' });
    expect(audienceOf({})).toEqual({ everybody: true });
  });
});

describe('the page of a new change', () => {
  it('shows what would happen, and has the number typed before many are changed', async () => {
    const user = userEvent.setup();
    const { sent, address } = await renderPage(<BulkNewPage />, { path: '/databases/$databaseId/bulk-updates/new', at: '/databases/1/bulk-updates/new', reply: answers, rights: ['profiles:read', 'profiles:update'] });
    await user.click(await screen.findByRole('combobox', { name: 'Field' }));
    await user.click(await screen.findByRole('option', { name: 'Age' }));
    await user.type(screen.getByRole('textbox', { name: 'New value' }), '7');
    expect(await screen.findByText('Refused: This number is too large')).toBeInTheDocument();
    expect(screen.getByText('51')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Change 2,469 people' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('Type 2469 to go on');
    await user.type(screen.getByRole('textbox', { name: /Type/ }), '2469');
    await user.keyboard('{Enter}');
    await waitFor(() => { expect(posted(sent)).toHaveLength(1); });
    expect(posted(sent)[0]?.body).toEqual({ audience: { everybody: true }, operations: [{ op: 'set', field: 'age', value: 7 }], skip_triggers: false });
    await waitFor(() => { expect(address()).toBe('/databases/1/bulk-updates/9'); });
  });
  it('is not for those who may not change profiles', async () => {
    await renderPage(<BulkNewPage />, { path: '/databases/$databaseId/bulk-updates/new', at: '/databases/1/bulk-updates/new', reply: answers, rights: ['profiles:read'] });
    expect(await screen.findByText(/profiles:update/)).toBeInTheDocument();
  });
});

it('a stopped change says what is done, and whom it refused', async () => {
  await renderPage(<BulkPage />, { path: '/databases/$databaseId/bulk-updates/$bulkId', at: '/databases/1/bulk-updates/9', reply: answers });
  expect(await screen.findByText(/what is done stays done/)).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Download who was refused' })).toHaveAttribute('href', '/api/v1/bulk-updates/9/refused.csv');
});
