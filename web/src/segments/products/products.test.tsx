import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { ProductSegmentPage } from './ProductSegmentPage';

const card = { id: 5, product_id: 5, external_id: 'A-1', name: 'Coffee beans', brand: 'Moka', category: null, price: '12.50', currency: 'EUR', image_url: null, status: 'active' };
const segment = {
  id: 7, entity: 'product', name: 'Offers', description: '', type: 'static', condition: null, limit: null, schedule: null, active: true, next_run_at: null, size: 1, calculated_at: null, version: 1, archived_at: null,
  created_at: '2026-11-16T06:00:00Z', updated_at: '2026-11-16T06:00:00Z', sentence: '', spans: [], problems: [], used_by: ['promotion Coffee week'], open_run: null, last_run: null,
};

describe('a list of products kept by hand', () => {
  it('shows what is on it, takes ids, and names those the catalogue does not have', async () => {
    const page = await renderPage(<ProductSegmentPage />, {
      path: '/market/product-segments/$segmentId', at: '/market/product-segments/7', rights: ['market:read', 'market:update'],
      reply: (request) => {
        if (request.path.endsWith('/members/add')) return { body: { added: 1, already: 0, unknown: ['X-9'], size: 2 } };
        return { body: request.path.endsWith('/members') ? { items: [card], next_cursor: null, total: 1 } : segment };
      },
    });
    expect(await screen.findByText('Coffee beans')).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText('Add products by their ids'), 'A-1, X-9');
    await userEvent.click(screen.getByRole('button', { name: 'Add products' }));
    expect(await screen.findByText('The catalogue has no X-9')).toBeInTheDocument();
    expect(page.sent.find((s) => s.path.endsWith('/members/add'))?.body).toEqual({ external_ids: ['A-1', 'X-9'] });
  });
});
