import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { differencesOf } from '@/kit';
import { renderPage, type Answer, type Sent } from '@/test/render';
import { MailingSetup } from './MailingSetup';
import type { Mailing } from './model';

const mailing = {
  id: 9, name: 'Autumn sale', description: '', type: 'broadcast', channel: 'email', database_id: 1, segment_id: null, resource_id: null, template_id: null, from_email: '', from_name: 'Shop', reply_to: '', variables: {},
  suppression_lists: [], send_at: null, undo_seconds: 30, utm: {}, track_opens: true, track_clicks: true, rate: 0, timing: {}, schedule: null, next_launch_at: null, held: null, state: 'draft', starts_at: null, run_id: null, phase: null, audience: null, trouble: null, error: null,
  started_at: null, finished_at: null, archived_at: null, created_at: '2026-11-21T10:00:00Z', updated_at: '2026-11-21T10:00:00Z',
} as unknown as Mailing;
const theirs = { ...mailing, name: 'Winter sale', from_name: 'The shop', updated_at: '2026-11-21T14:02:00Z' };

/** Bo saved first: what was read at 10:00 is refused, what was read at 14:02 is taken. */
const server: Answer = ({ path, method, body }) => {
  if (path.endsWith('/estimate')) return { body: { selected: 0, receives: 0, left_out: [], checks: [] } };
  if (path !== '/api/v1/mailings/9') return { body: { items: [], next_cursor: null, total: 0 } };
  if (method !== 'PATCH') return { body: theirs };
  const sent = body as { updated_at: string };
  if (sent.updated_at === theirs.updated_at) return { body: { ...theirs, updated_at: '2026-11-21T14:05:00Z' } };
  return { status: 409, body: { title: 'Conflict', status: 409, detail: 'Bo has changed this mailing since you opened it. Compare before you save', errors: [{ pointer: '/updated_at', message: 'It stands at 14:02 now' }] } };
};

async function clash() {
  const page = await renderPage(<MailingSetup mailing={mailing} />, { path: '/mailings/9', at: '/mailings/9', reply: server });
  const name = screen.getByLabelText('Name');
  fireEvent.change(name, { target: { value: 'Spring sale' } });
  fireEvent.click(await screen.findByRole('button', { name: /^Save mailing/, hidden: true }));
  const dialog = await screen.findByRole('dialog', { name: 'Someone else saved first', hidden: true });
  return { ...page, dialog };
}
const patches = (sent: readonly Sent[]) => sent.filter((s) => s.method === 'PATCH').map((s) => s.body as { name: string; updated_at: string });

describe('a mailing that somebody else saved first', () => {
  it('is not written over; who it was and what differs is shown', async () => {
    const { dialog, sent } = await clash();
    expect(patches(sent).map((p) => p.updated_at)).toEqual([mailing.updated_at]);
    expect(dialog).toHaveTextContent('Bo has changed this mailing since you opened it');
    // computing what is hidden costs seconds in a page of this size, and nothing here is
    expect(within(dialog).getByRole('row', { name: /Name.*Winter sale.*Spring sale/, hidden: true })).toBeVisible();
    expect(within(dialog).getByRole('row', { name: /From, name.*The shop.*Shop/, hidden: true })).toBeVisible();
  });
  it('can be taken as theirs', async () => {
    const { dialog, sent } = await clash();
    fireEvent.click(within(dialog).getByRole('button', { name: 'Take theirs', hidden: true }));
    await waitFor(() => { expect(screen.getByLabelText('Name')).toHaveValue('Winter sale'); });
    expect(patches(sent)).toHaveLength(1);
    expect(screen.queryByRole('button', { name: /^Save mailing/, hidden: true })).toBeNull();
  });
  it('can be kept as mine, knowingly', async () => {
    const { dialog, sent } = await clash();
    fireEvent.click(within(dialog).getByRole('button', { name: 'Keep mine', hidden: true }));
    await waitFor(() => { expect(patches(sent)).toHaveLength(2); });
    expect(patches(sent)[1]).toMatchObject({ name: 'Spring sale', updated_at: theirs.updated_at });
    await waitFor(() => { expect(screen.queryByRole('button', { name: /^Save mailing/, hidden: true })).toBeNull(); });
  });
});

describe('what differs', () => {
  it('names only what differs, and tells long texts by their length', () => {
    const body = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n');
    const found = differencesOf({ name: 'A', body, rate: 0 }, { name: 'B', body: 'short', rate: 0 }, { name: 'Name', body: 'Body', rate: 'Rate' });
    expect(found.map((d) => d.label)).toEqual(['Name', 'Body']);
    expect(found[1]?.theirs).toMatch(/^40 lines, beginning “line 0/);
    expect(found[1]?.mine).toBe('short');
  });
});
