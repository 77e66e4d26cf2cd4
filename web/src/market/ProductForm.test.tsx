import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { renderPage } from '@/test/render';
import { ProductForm } from './ProductForm';

const nothing = { items: [], next_cursor: null, total: 0 };
const known = { ...nothing, items: [{ id: 7, external_id: 'A-1', name: 'Coffee beans', status: 'active' }], total: 1 };
const refused = { items: [{ index: 0, status: 'rejected', id: null, errors: [{ pointer: '/url', message: 'An address starts with http:// or https://' }] }], created: 0, updated: 0, unchanged: 0, rejected: 1 };

async function add(found: unknown) {
  const saved = vi.fn();
  const sent = vi.fn();
  await renderPage(<ProductForm fields={[]} onSaved={saved} onCancel={vi.fn()} />, {
    reply: (request) => {
      if (request.method === 'POST') { sent(); return { body: refused }; }
      return { body: request.path.endsWith('/market/products') ? found : nothing };
    },
  });
  await userEvent.type(screen.getByLabelText(/Id in your shop/), 'A-1');
  await userEvent.type(screen.getByLabelText(/^Name/), 'Mug');
  await userEvent.type(screen.getByLabelText(/Page in your shop/), 'nonsense');
  await userEvent.click(screen.getByRole('button', { name: 'Add product' }));
  await screen.findByRole('alert');
  return { saved, sent };
}

describe('adding a product', () => {
  it('does not change one that has this id', async () => {
    const { saved, sent } = await add(known);
    expect(screen.getByLabelText(/Id in your shop/)).toHaveAccessibleDescription(/“Coffee beans” has this id/);
    expect(sent).not.toHaveBeenCalled();
    expect(saved).not.toHaveBeenCalled();
  });
  it('says at the field why the server did not take it', async () => {
    const { saved, sent } = await add(nothing);
    expect(sent).toHaveBeenCalledOnce();
    expect(screen.getByLabelText(/Page in your shop/)).toHaveAccessibleDescription('An address starts with http:// or https://');
    expect(saved).not.toHaveBeenCalled();
  });
});
