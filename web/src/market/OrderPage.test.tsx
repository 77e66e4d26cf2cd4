import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { renderPage } from '@/test/render';
import { OrderPage } from './OrderPage';

const line = (n: number, name: string, quantity: string, total: string) => ({
  line: n, id: null, product_id: n, product: name, sku_id: null, sku: null, name, quantity, price: total, floor: null, final: total, discount: '0.00', total, status: 'new', kind: 'new', refunded_quantity: '0', refunded: '0.00', properties: {},
});
const order = {
  id: 9, database_id: 1, external_id: 'A-9', profile_id: 21, placed_at: '2026-11-20T10:00:00Z', status: 'paid', channel: 'web', touchpoint: null, region: null, currency: 'EUR', total: '45.00', delivery: '5.00', refunded: '0.00', delivery_refunded: '0.00',
  line_count: 2, tags: [], properties: {}, created_at: '2026-11-20T10:00:00Z', updated_at: '2026-11-20T10:00:00Z', customer: 'Ada Berg', lines: [line(1, 'Beans', '3', '30.00'), line(2, 'Mug', '1', '10.00')], refunds: [],
};

it('says what a refund does before it is done, then gives back what was chosen', async () => {
  const sent = vi.fn();
  await renderPage(<OrderPage />, {
    path: '/orders/$orderId', at: '/orders/9', rights: ['market:read', 'market:update', 'databases:read'],
    reply: ({ path, body }) => {
      if (path.endsWith('/refunds/preview')) return { body: { amount: '20.00', delivery: '0.00', currency: 'EUR', lines: [], status_before: 'paid', status_after: 'part_refunded', notes: ['takes back 4.30 points'] } };
      if (path.endsWith('/refunds')) { sent(body); return { body: order }; }
      if (path.endsWith('/orders/9')) return { body: order };
      if (path.endsWith('/calculation')) return { status: 404, body: { title: 'Not found', status: 404, detail: 'It was not placed through the program', errors: [] } };
      return { body: { items: [], next_cursor: null, total: 0 } };
    },
  });
  await userEvent.click(await screen.findByRole('button', { name: 'Refund…' }));
  const items = await screen.findByRole('textbox', { name: 'Items of Beans' });
  await userEvent.clear(items);
  await userEvent.type(items, '2');
  expect(await screen.findByText('takes back 4.30 points')).toBeInTheDocument();
  expect(screen.getByText('The order becomes part refunded.')).toBeInTheDocument();
  expect(sent).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Give back' }));
  await waitFor(() => { expect(sent).toHaveBeenCalledOnce(); });
  expect(sent.mock.calls[0]?.[0]).toMatchObject({ lines: [{ line: 1, quantity: 2 }], delivery: '0' });
});

it('gives back money alone, and no more than is left', async () => {
  const sent = vi.fn();
  await renderPage(<OrderPage />, {
    path: '/orders/$orderId', at: '/orders/9?drawer=refund:9', rights: ['market:read', 'market:update', 'databases:read'],
    reply: ({ path, body }) => {
      if (path.endsWith('/refunds/preview')) return { body: { amount: '2.50', delivery: '0.00', currency: 'EUR', lines: [], status_before: 'paid', status_after: 'part_refunded', notes: [] } };
      if (path.endsWith('/refunds')) { sent(body); return { body: order }; }
      if (path.endsWith('/orders/9')) return { body: order };
      if (path.endsWith('/calculation')) return { status: 404, body: { title: 'Not found', status: 404, detail: 'It was not placed through the program', errors: [] } };
      return { body: { items: [], next_cursor: null, total: 0 } };
    },
  });
  await userEvent.click(await screen.findByRole('radio', { name: 'Money only' }));
  const money = screen.getByRole('textbox', { name: 'Money of Mug' });
  await userEvent.type(money, '12');
  expect(money).toHaveAccessibleDescription('10.00 is left');
  expect(screen.getByRole('button', { name: 'Give back' })).toBeDisabled();
  await userEvent.clear(money);
  await userEvent.type(money, '2,50');
  await userEvent.click(screen.getByRole('button', { name: 'Give back' }));
  await waitFor(() => { expect(sent.mock.calls[0]?.[0]).toMatchObject({ lines: [{ line: 2, amount: '2.50' }], delivery: '0' }); });
});
