import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { OrderListPage } from './OrderListPage';

const order = (id: number, customer: string | null) => ({ id, database_id: 1, external_id: `A-${id}`, profile_id: 20 + id, placed_at: '2026-11-20T10:00:00Z', status: 'paid', channel: '', currency: 'EUR', total: '10.00', delivery: '0.00', line_count: 1, properties: {}, created_at: '2026-11-20T10:00:00Z', updated_at: '2026-11-20T10:00:00Z', customer });
const server: Answer = ({ path }) => {
  if (path === '/api/v1/databases') return { body: { items: [{ id: 1, name: 'shop', timezone: 'UTC', fields: [] }], next_cursor: null, total: 1 } };
  if (path === '/api/v1/market/orders') return { body: { items: [order(1, 'Ada Berg'), order(2, null)], next_cursor: null, total: 2 } };
  return undefined;
};

it('an order names its customer, or the profile when it has no name, and links to the card', async () => {
  await renderPage(<OrderListPage />, { path: '/orders', at: '/orders', rights: ['market:read', 'databases:read'], reply: server });
  expect(await screen.findByRole('link', { name: 'Ada Berg' })).toHaveAttribute('href', '/databases/1/profiles/21');
  expect(screen.getByRole('link', { name: 'Profile 22' })).toHaveAttribute('href', '/databases/1/profiles/22');
});
