import { expect, it } from 'vitest';
import { faults } from './model';

const fields = [{ name: 'external_id', label: 'Order id', required: true }, { name: 'customer', label: 'Customer', required: true }, { name: 'line.sku', label: 'Line: SKU', required: false }, { name: 'tags', label: 'Tags', required: false }];

it('says what a mapping lacks, and what it has twice', () => {
  expect(faults('orders', fields, { a: 'external_id', b: 'tags', c: 'tags' })).toEqual(['Choose the column that is Customer', 'Choose the column that is the product or SKU of the line', 'Two columns are Tags']);
  expect(faults('orders', fields, { a: 'external_id', b: 'customer', c: 'line.sku', d: null })).toEqual([]);
});
