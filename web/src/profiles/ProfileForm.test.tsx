import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { renderPage, type Answer, type Sent } from '@/test/render';
import type { Database, Profile } from './model';
import { ProfileForm } from './ProfileForm';

const field = (name: string, type: string, options: string[] = []) => ({ id: 1, name, type, label: '', options, validator: null, path_validators: {}, unique: false, required: false, description: '', builtin: true, read_only: false, keeper: null });
const database = { id: 1, name: 'shop', timezone: 'UTC', fields: [field('email', 'string'), field('first_name', 'string'), field('city', 'string'), field('status', 'enum', ['subscribed', 'unsubscribed'])] } as unknown as Database;
const person: Profile = { id: 7, version: 3, email: 'ada@a.co', first_name: 'Ada', city: 'Oslo', status: 'subscribed', updated_at: '2026-11-21T10:00:00Z' };
const theirs: Profile = { ...person, version: 4, city: 'Bergen', updated_at: '2026-11-21T14:02:00Z' };

const server: Answer = ({ path, method, body }) => {
  if (path !== '/api/v1/databases/1/profiles/7') return { status: 201, body: { ...person, id: 8 } };
  if (method === 'GET') return { body: theirs };
  const sent = body as { version: number; set: object };
  if (sent.version === 4) return { body: { ...theirs, ...sent.set, version: 5 } };
  return { status: 409, body: { title: 'Conflict', status: 409, detail: 'Somebody has changed this profile since you read it', errors: [{ pointer: '/version', message: 'The present version is 4' }] } };
};
const patches = (sent: readonly Sent[]) => sent.filter((s) => s.method === 'PATCH').map((s) => s.body);

describe('adding a profile', () => {
  it('wants at least one thing about the person, in words', async () => {
    const saved = vi.fn();
    const { sent } = await renderPage(<ProfileForm database={database} onSaved={saved} />, { reply: server });
    fireEvent.click(screen.getByRole('button', { name: 'Add profile' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Enter at least one thing about this person');
    expect(sent).toHaveLength(0);
    fireEvent.change(screen.getByLabelText('First name'), { target: { value: 'Ada' } });
    fireEvent.click(screen.getByRole('button', { name: 'Add profile' }));
    await waitFor(() => { expect(saved).toHaveBeenCalledWith(8); });
  });
});

describe('a profile that somebody else saved first', () => {
  async function clash() {
    const page = await renderPage(<ProfileForm database={database} profile={person} onSaved={() => undefined} />, { reply: server });
    fireEvent.change(screen.getByLabelText('First name'), { target: { value: 'Adele' } });
    fireEvent.click(screen.getByRole('button', { name: /^Save profile/ }));
    return { ...page, dialog: await screen.findByRole('dialog', { name: 'Someone else saved first' }) };
  }
  it('is shown side by side, and mine is saved knowingly', async () => {
    const { dialog, sent } = await clash();
    expect(within(dialog).getByRole('row', { name: /City.*Bergen.*Oslo/ })).toBeVisible();
    expect(within(dialog).getByRole('row', { name: /First name.*Ada.*Adele/ })).toBeVisible();
    fireEvent.click(within(dialog).getByRole('button', { name: 'Keep mine' }));
    await waitFor(() => { expect(patches(sent).at(-1)).toEqual({ set: { first_name: 'Adele', city: 'Oslo' }, unset: [], version: 4 }); });
    await waitFor(() => { expect(screen.queryByRole('button', { name: /^Save profile/ })).toBeNull(); });
  });
  it('can be taken as theirs', async () => {
    const { dialog, sent } = await clash();
    fireEvent.click(within(dialog).getByRole('button', { name: 'Take theirs' }));
    await waitFor(() => { expect(screen.getByLabelText('City')).toHaveValue('Bergen'); });
    expect(screen.getByLabelText('First name')).toHaveValue('Ada');
    expect(patches(sent)).toHaveLength(1);
    expect(screen.queryByRole('button', { name: /^Save profile/ })).toBeNull();
  });
});
