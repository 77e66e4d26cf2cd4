import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Sent } from '@/test/render';
import { ProductPage } from '../ProductPage';

const sku = {
  id: 31, external_id: 'cap-red', product_id: 7, product: 'cap', name: 'Red cap', price: '9.00', old_price: null, floor: null, currency: null, url: null, description: null, tags: [], pictures: [], available: null, quantity: '4', status: 'active',
  properties: { size: 'L', other: 'kept' }, regions: [], created_at: '2026-11-20T10:00:00Z', updated_at: '2026-11-20T10:00:00Z',
};
const product = {
  id: 7, external_id: 'cap', name: 'Cap', brand: null, category: null, price: '8.00', old_price: null, floor: null, currency: 'EUR', url: null, image_url: 'https://x.example/1.png', pictures: ['https://x.example/1.png', 'https://x.example/2.png'], tags: [], description: null, status: 'active',
  available: null, quantity: null, delivery: null, warranty: null, expires_on: null, skus: 1, properties: {}, created_at: '2026-11-20T10:00:00Z', updated_at: '2026-11-20T10:00:00Z', regions: [], variants: [sku],
  relations: [{ product_id: 8, product: 'scarf', name: 'Scarf', image_url: null, price: null, currency: null, kind: 'cross', weight: 3 }],
};
const region = (n: number, name: string) => ({ id: n, external_id: name.toLowerCase(), name, archived_at: null, created_at: '2026-11-20T10:00:00Z', updated_at: '2026-11-20T10:00:00Z' });
const size = { id: 1, entity: 'sku', key: 'size', label: 'Size', type: 'string', required: false, default: null, archived_at: null };
const own = (id: number, key: string, label: string, type: string, required = false) => ({ ...size, id, entity: 'product', key, label, type, required });
const ownFields = [own(2, 'organic', 'Organic', 'bool'), own(3, 'pieces', 'Pieces', 'int', true), own(4, 'season', 'Season', 'date'), own(5, 'scents', 'Scents', 'list'), { ...own(6, 'old', 'Gone', 'string'), archived_at: '2026-11-20T10:00:00Z' }];
const page = (items: unknown[]) => ({ body: { items, next_cursor: null, total: items.length } });

function open(drawer: string, answer: (request: Sent) => { status?: number; body?: unknown } | undefined = () => undefined) {
  return renderPage(<ProductPage />, {
    path: '/products/$productId', at: `/products/7?drawer=${drawer}`, rights: ['market:read', 'market:create', 'market:update', 'market:delete'],
    reply: (request) => {
      const given = answer(request);
      if (given) return given;
      if (request.path.endsWith('/products/7')) return { body: product };
      if (request.path.endsWith('/regions')) return page([region(1, 'Oslo'), region(2, 'Bergen')]);
      if (request.path.endsWith('/fields')) return page([size]);
      return page([]);
    },
  });
}
const sentTo = (sent: readonly Sent[], method: string) => sent.filter((one) => one.method === method).map((one) => one.body);

const described = ({ method, path }: Sent) => {
  if (path.endsWith('/fields')) return page(ownFields);
  if (path.endsWith('/products/7') && method === 'GET') return { body: { ...product, properties: { organic: true, pieces: 4, scents: ['rose, dark', 'oak'], maker: 'X' } } };
  return undefined;
};

describe('a product’s own fields', () => {
  it('stand on its page by their labels, with those that nobody set up', async () => {
    await open('none', described);
    const section = within(await screen.findByRole('region', { name: 'Own fields' }, { timeout: 5_000 }));
    const told = Object.fromEntries(section.getAllByRole('term').map((term) => [term.textContent, term.nextElementSibling?.textContent]));
    expect(told).toEqual({ Organic: 'Yes', Pieces: '4', Season: '–', Scents: 'rose, dark, oak', maker: 'X' });
  });
  it('are edited by their types, and what no field is there for stays', async () => {
    const { sent } = await open('edit:7', described);
    const pieces = await screen.findByRole('textbox', { name: /^Pieces/ });
    await userEvent.clear(pieces);
    await userEvent.type(pieces, '2.5');
    await userEvent.click(screen.getByRole('button', { name: /^Save product/ }));
    await waitFor(() => { expect(pieces).toHaveAccessibleDescription('This must be a whole number'); });
    expect(sentTo(sent, 'PATCH')).toHaveLength(0);
    await userEvent.clear(pieces);
    await userEvent.type(pieces, '6');
    await userEvent.type(screen.getByRole('combobox', { name: /^Scents/ }), 'pine{Enter}');
    await userEvent.click(screen.getByRole('button', { name: /^Save product/ }));
    await waitFor(() => { expect(sentTo(sent, 'PATCH')).toHaveLength(1); });
    expect(sentTo(sent, 'PATCH')[0]).toMatchObject({ properties: { organic: true, pieces: 6, scents: ['rose, dark', 'oak', 'pine'], maker: 'X' } });
  });
  it('say beside the field why the server did not take a value', async () => {
    await open('edit:7', (request) => (request.method === 'PATCH' ? { status: 422, body: { title: 'Invalid', status: 422, detail: '', errors: [{ pointer: '/properties/pieces', message: 'pieces must be a whole number' }] } } : described(request)));
    await userEvent.type(await screen.findByRole('textbox', { name: /^Pieces/ }), '0');
    await userEvent.click(screen.getByRole('button', { name: /^Save product/ }));
    await waitFor(() => { expect(screen.getByRole('textbox', { name: /^Pieces/ })).toHaveAccessibleDescription('pieces must be a whole number'); });
  });
});

describe('the editors of a product', () => {
  it('takes the price of a SKU from the product when it is emptied, and keeps what no field is there for', async () => {
    const { sent } = await open('sku:31');
    const price = await screen.findByRole('textbox', { name: 'Price, EUR' });
    await userEvent.clear(price);
    await userEvent.click(await screen.findByRole('button', { name: /^Save SKU/ }));
    await waitFor(() => { expect(sentTo(sent, 'PATCH')).toHaveLength(1); });
    expect(sentTo(sent, 'PATCH')[0]).toMatchObject({ price: null, quantity: '4', properties: { size: 'L', other: 'kept' }, regions: [] });
  });
  it('does not add a SKU over one that has its id', async () => {
    const { sent } = await open('sku:new', ({ path, query }) => (path.endsWith('/skus') && query.get('q') === 'cap-red' ? page([sku]) : undefined));
    await userEvent.type(await screen.findByRole('textbox', { name: /Id in your shop/ }), 'cap-red');
    await userEvent.type(screen.getByRole('textbox', { name: /^Name/ }), 'Again');
    await userEvent.click(screen.getByRole('button', { name: 'Add SKU' }));
    await waitFor(() => { expect(screen.getByRole('textbox', { name: /Id in your shop/ })).toHaveAccessibleDescription(/“Red cap” has this id/); });
    expect(sentTo(sent, 'POST')).toHaveLength(0);
  });
  it('says beside the price of a region why the server did not take it', async () => {
    await open('regions:7', ({ method }) => (method === 'PATCH' ? { status: 422, body: { title: 'Invalid', status: 422, detail: '', errors: [{ pointer: '/regions/0/price', message: 'A price cannot be so high' }] } } : undefined));
    await userEvent.click(await screen.findByRole('combobox', { name: 'Add a region' }));
    await userEvent.click(await screen.findByRole('option', { name: 'Oslo' }));
    const oslo = within(screen.getByRole('group', { name: 'Oslo' }));
    await userEvent.type(oslo.getByRole('textbox', { name: 'Price' }), '9,50');
    await userEvent.click(screen.getByRole('button', { name: /^Save prices and stock/ }));
    await waitFor(() => { expect(oslo.getByRole('textbox', { name: 'Price' })).toHaveAccessibleDescription('A price cannot be so high'); });
  });
  it('takes away what goes with a product and leaves the rest', async () => {
    const { sent } = await open('relations:7');
    await userEvent.click(await screen.findByRole('button', { name: 'Remove Scarf from bought with it' }));
    await userEvent.click(screen.getByRole('button', { name: /^Save what goes with it/ }));
    await waitFor(() => { expect(sentTo(sent, 'PUT')).toEqual([{ items: [] }]); });
  });
  it('puts another picture first', async () => {
    const { sent } = await open('pictures:7');
    await userEvent.click(await screen.findByRole('button', { name: 'Put picture 2 first' }));
    await userEvent.click(screen.getByRole('button', { name: /^Save pictures/ }));
    await waitFor(() => { expect(sentTo(sent, 'PATCH')).toEqual([{ pictures: ['https://x.example/2.png', 'https://x.example/1.png'], image_url: 'https://x.example/2.png' }]); });
  });
});
