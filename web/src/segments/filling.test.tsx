import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { isFieldSearch, peopleOf } from '@/app/palette/search';
import { vocabulary } from '@/conditions/language.cases';
import { renderPage } from '@/test/render';
import { groupsOf } from './control/activities';
import { FillPage } from './FillPage';
import { SizeCell } from './SizeCell';

const segment = { id: 5, database_id: 1, database: 'shop', name: 'VIP', description: '', type: 'static', condition: null, range: null, limit: null, schedule: null, tags: [], next_run_at: null, size: 3, calculated_at: null, version: 1, archived_at: null, created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', used_by: [], problems: [], sentence: '', last_run: null };
const database = { id: 1, name: 'shop', timezone: 'UTC', fields: [] };

describe('filling a static segment from rules', () => {
  it('tells the numbers first, is silent the first time, and sends what was said', async () => {
    const page = await renderPage(<FillPage />, {
      at: '/segments/5/fill', path: '/segments/$segmentId/fill', rights: ['segments:update', 'segments:run', 'segments:read', 'databases:read', 'profiles:read'],
      reply: ({ path, body }) => {
        if (path === '/api/v1/segments/5') return { body: segment };
        if (path === '/api/v1/databases') return { body: { items: [database], next_cursor: null, total: 1 } };
        if (path === '/api/v1/vocabulary') return { body: vocabulary };
        if (path === '/api/v1/segments/calculate') return { body: { count: 7, matched: 7, total: 40, preview: [], nodes: [], sentence: 'Everybody', spans: [], as_of: '2026-01-01T00:00:00Z', took_ms: 1 } };
        if (path === '/api/v1/segments/5/fill/preview') return { body: { matched: 7, size: (body as { replace: boolean }).replace ? 7 : 9, entered: 6, left: (body as { replace: boolean }).replace ? 2 : 0, stays: 1, triggers: false } };
        if (path === '/api/v1/segments/5/fill') return { status: 202, body: { job: { id: 'j1' } } };
        return path === '/api/v1/segments' ? { body: { items: [], next_cursor: null, total: 0 } } : undefined;
      },
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Add a rule: Include' }, { timeout: 8000 }));
    const search = await screen.findByRole('combobox', { name: 'Search what a rule can ask' });
    fireEvent.change(search, { target: { value: 'Everybody' } });
    fireEvent.keyDown(search, { key: 'Enter' });
    expect(await screen.findByTestId('forecast')).toHaveTextContent('6 people enter');
    expect(screen.getByText(/The first filling of a list is silent/)).toHaveTextContent('6 people come');
    fireEvent.click(screen.getByLabelText('Replace the list'));
    await waitFor(() => { expect(screen.getByTestId('forecast')).toHaveTextContent('6 people enter, 2 leave'); });
    await user.click(screen.getByRole('switch', { name: 'Start scenarios and triggers' }));
    expect(screen.getByText(/may start what waits for them/)).toHaveTextContent('8 people');
    await user.click(screen.getAllByRole('button', { name: 'Fill the list' })[0]!);
    await waitFor(() => { expect(page.address()).toBe('/segments/5'); });
    expect(page.sent.find((s) => s.path === '/api/v1/segments/5/fill')?.body).toEqual({ condition: { kind: 'always' }, replace: true, skip_triggers: false });
  });

  it('says why another kind of segment cannot be filled', async () => {
    await renderPage(<FillPage />, { at: '/segments/5/fill', path: '/segments/$segmentId/fill', reply: ({ path }) => (path === '/api/v1/segments/5' ? { body: { ...segment, type: 'updatable' } } : path === '/api/v1/vocabulary' ? { body: vocabulary } : undefined) });
    expect(await screen.findByText(/This segment is updatable: it is filled by its own rules/)).toBeVisible();
  });
});

describe('the size in the list', () => {
  it('of a dynamic segment is counted when somebody asks, and only then', async () => {
    const page = await renderPage(<SizeCell segment={{ ...segment, type: 'dynamic', size: null }} />, { rights: ['segments:run'], reply: ({ path }) => (path === '/api/v1/segments/5/calculate' ? { body: { count: 9 } } : undefined) });
    expect(page.sent).toEqual([]);
    await userEvent.click(await screen.findByRole('button', { name: 'Count VIP' }));
    await waitFor(() => { expect(page.sent.map((s) => s.path)).toEqual(['/api/v1/segments/5/calculate']); });
  });
});

describe('people in the palette', () => {
  it('come from every database, the one at hand first, with a way to all of them', () => {
    const hit = (id: number) => ({ profile: { id, first_name: 'Ann', email: `a${id}@example.com` }, found_in: 'profile' as const });
    const reply = { items: [{ database_id: 1, database: 'shop', items: [hit(1)], total: 1, problem: null }, { database_id: 2, database: 'club', items: [hit(2)], total: 1, problem: null }] };
    expect(peopleOf(reply, 'ann', 2).map((f) => f.href)).toEqual(['/databases/2/profiles/2', '/databases/1/profiles/1', '/search?q=ann']);
    const refused = { items: [{ database_id: 1, database: 'shop', items: [], total: 0, problem: 'There is no field citty' }] };
    expect(peopleOf(refused, 'citty:Oslo', 1)[0]?.note).toBe('There is no field citty');
    expect(peopleOf({ items: [] }, 'x', 1)).toEqual([]);
    expect(['city:Oslo', 'email:"a b"', 'a@b.co', '+47 22 33', 'note: '].map(isFieldSearch)).toEqual([true, true, false, false, false]);
  });
});

describe('exceptions of the control group', () => {
  it('are offered by kind, and keep what is not known any more', () => {
    const known = [{ kind: 'mailing', label: 'Mailing', items: [{ id: 3, name: 'Receipt' }] }, { kind: 'campaign', label: 'Campaign', items: [{ id: 4, name: 'Winter' }] }, { kind: 'scenario', label: 'Scenario', items: [] }];
    expect(groupsOf(known, ['mailing:3', 'mailing:9'])).toEqual([
      { group: 'Mailings', items: [{ value: 'mailing:3', label: 'Receipt' }] }, { group: 'Campaigns', items: [{ value: 'campaign:4', label: 'Winter' }] }, { group: 'Not here any more', items: [{ value: 'mailing:9', label: 'mailing 9' }] },
    ]);
  });
});
