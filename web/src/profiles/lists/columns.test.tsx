import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { ColumnsTab } from './ColumnsTab';
import type { DataTableDetail } from './model';

const table = { id: 4, database_id: 1, name: 'stores', label: 'Stores', description: '', size: 1200, columns: [{ id: 1, name: 'code', label: 'Code', type: 'text', key: true }, { id: 2, name: 'city', label: 'City', type: 'text', key: false }], used_by: [], loads: [], changed_at: '2026-01-01T00:00:00Z', created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' } satisfies DataTableDetail;

it('a column is deleted once its name is typed; the key never', async () => {
  const page = await renderPage(<ColumnsTab table={table} />, { rights: ['lists:update'], reply: ({ method }) => (method === 'DELETE' ? { body: { ...table, columns: table.columns.slice(0, 1) } } : undefined) });
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Actions for Code' }));
  expect(await screen.findByRole('menuitem', { name: 'Rename…' })).toBeVisible();
  expect(screen.queryByRole('menuitem', { name: 'Delete…' })).toBeNull();
  await user.keyboard('{Escape}');
  await user.click(screen.getByRole('button', { name: 'Actions for City' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete…' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog).toHaveTextContent('1,200 rows');
  await user.type(within(dialog).getByRole('textbox'), 'city');
  await user.click(within(dialog).getByRole('button', { name: 'Delete column' }));
  await waitFor(() => { expect(page.sent.map((s) => `${s.method} ${s.path}`)).toContain('DELETE /api/v1/data-tables/4/columns/2'); });
});
