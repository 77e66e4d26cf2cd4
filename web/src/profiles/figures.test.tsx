import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { PeopleCount, sinceWords } from './figures';
import { ImportPage } from './imports/ImportPage';
import { ProfileListPage } from './ProfileListPage';

const figure = { key: 'import:5:created', title: 'Created by march.csv', link: '/databases/1/imports/5', people: 7, counted: 10, as_of: '2026-11-16T12:00:00Z', only_less: true };
const database = { id: 1, name: 'shop', timezone: 'UTC', profile_count: 20, schema_version: 1, created_at: '2026-11-01T00:00:00Z', fields: [{ name: 'email', type: 'string', label: '', options: [], builtin: true }] };
const list: Answer = ({ path }) => {
  if (path === '/api/v1/databases/1') return { body: database };
  if (path === '/api/v1/databases/1/figures/import:5:created' || path === '/api/v1/databases/1/figures/import%3A5%3Acreated') return { body: figure };
  if (path === '/api/v1/databases/1/profiles') return { body: { items: [{ id: 3, version: 1, email: 'ada@x.no' }], next_cursor: null, total: 7 } };
  return undefined;
};
const rights = ['profiles:read', 'profiles:update', 'imports:read'];
const at = `/databases/1/profiles?filter=${encodeURIComponent(JSON.stringify({ figure: ['import:5:created'] }))}`;

describe('people of a figure', () => {
  it('stand in the list with the figure as a chip, with who is gone since, and leave it with the chip', async () => {
    const { sent, address } = await renderPage(<ProfileListPage />, { at, path: '/databases/$databaseId/profiles', rights, reply: list });
    await screen.findByText('Created by march.csv');
    expect(screen.getByText(/3 of them have been erased or merged since/)).toHaveTextContent(/^10 as of/);
    expect(screen.getByRole('link', { name: 'Where it is counted' })).toHaveAttribute('href', '/databases/1/imports/5');
    expect(sent.find((s) => s.path === '/api/v1/databases/1/profiles')?.query.get('figure')).toBe('import:5:created');
    await userEvent.click(screen.getByRole('button', { name: 'Remove filter Created by march.csv' }));
    await waitFor(() => { expect(address()).not.toContain('figure'); });
    await waitFor(() => { expect(sent.filter((s) => s.path === '/api/v1/databases/1/profiles').at(-1)?.query.has('figure')).toBe(false); });
    expect(screen.queryByText('Created by march.csv')).toBeNull();
  });

  it('are those who are changed and exported, not everybody', async () => {
    const { address } = await renderPage(<ProfileListPage />, { at, path: '/databases/$databaseId/profiles', rights, reply: list });
    await screen.findByText('Created by march.csv');
    await userEvent.click(screen.getByRole('button', { name: 'More actions' }));
    expect(await screen.findByRole('menuitem', { name: 'Export all who are found…' })).toBeInTheDocument();
    await userEvent.click(screen.getByRole('menuitem', { name: 'Change all who are found…' }));
    await waitFor(() => { expect(decodeURIComponent(address())).toBe('/databases/1/bulk-updates/new?figure=import:5:created'); });
  });

  it('says what became of them since', () => {
    expect(sinceWords({ people: 7, counted: 7, only_less: true })).toBeNull();
    expect(sinceWords({ people: 7, counted: null, only_less: true })).toBeNull();
    expect(sinceWords({ people: 6, counted: 7, only_less: true })).toBe('1 of them has been erased or merged since');
    expect(sinceWords({ people: 9, counted: 7, only_less: false })).toBe('9 now: people came, were erased or merged since');
  });

  it('are no link where there is nobody, no right, or nothing known', async () => {
    const count = (value: number | null, unknown = false) => <PeopleCount databaseId={1} figure="import:5:created" value={value} label="created" unknown={unknown} />;
    const { unmount } = await renderPage(<>{count(5)}{count(0)}{count(null)}{count(6, true)}</>, { rights });
    expect(screen.getAllByRole('link').map((a) => a.textContent)).toEqual(['5']);
    expect(screen.getByRole('link', { name: '5 created' }).getAttribute('href')).toBe(at);
    unmount();
    await renderPage(count(5), { rights: [] });
    expect(screen.queryByRole('link')).toBeNull();
  });
});

const counts = { rows: 9, created: 4, updated: 2, unchanged: 0, rejected: 2, duplicates: 1 };
const imported = {
  id: 5, database_id: 1, file_name: 'march.csv', file_size: 9, state: 'done', format: { kind: 'csv' }, columns: [], mapping: [], options: { matching: 'email' }, counts, people_known: true, kept_consents: 0, total: 9, check: null,
  reasons: [{ column: 'age', reason: 'No number', rows: 2 }], error: null, job_id: 'j1', actor: 'admin', created_at: '2026-11-16T12:00:00Z', started_at: '2026-11-16T12:00:00Z', finished_at: '2026-11-16T12:00:01Z',
};

describe('the result of an import', () => {
  const page = (found: object, from = '/databases/1/imports/5') => renderPage(<ImportPage />, {
    at: from, path: '/databases/$databaseId/imports/$importId', rights,
    reply: ({ path, query }) => {
      if (path === '/api/v1/databases/1') return { body: database };
      if (path === '/api/v1/imports/5') return { body: found };
      if (path === '/api/v1/imports/5/rows' && query.get('kind') === 'rejected') return { body: { items: [{ row: 4, faults: [{ column: 'age', value: 'old', reason: 'No number' }] }, { row: 6, faults: [{ column: 'age', value: 'x', reason: 'No number' }] }], next_cursor: null, total: 2 } };
      return undefined;
    },
  });

  it('opens people by what became of them, and rows by what is wrong', async () => {
    await page(imported);
    const href = async (name: string) => (await screen.findByRole('link', { name })).getAttribute('href');
    expect(await href('4 created')).toBe(at);
    expect(decodeURIComponent(await href('2 updated') ?? '')).toContain('import:5:updated');
    expect(screen.queryByRole('link', { name: '0 unchanged' })).toBeNull();
    await userEvent.click(screen.getByRole('link', { name: '2 rejected' }));
    expect(await screen.findByText('Row 4')).toBeInTheDocument();
    expect(screen.getAllByText('2 of 2 rejected rows', { exact: false }).length).toBeGreaterThan(0);
  });

  it('says so when it is no longer known who they are', async () => {
    await page({ ...imported, people_known: false });
    expect(await screen.findByText('Who they are is kept for 90 days.')).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: '4 created' })).toBeNull();
  });
});
