import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { exampleOf, partsOf, roomOf, shortFrom, type Pool } from './model';
import { PoolPage } from './PoolPage';
import { bodyOf, check, splitPeriod, valuesOf } from './values';

const pool: Pool = {
  id: 4, database_id: 1, name: 'Spring vouchers', description: '', short_name: 'spring', kind: 'personal', way: 'template', pattern: 'SPRING-####-@@@@', remote_url: null, remote_header_names: [], remote_batch: 1000,
  valid_from: null, valid_until: null, expiry: { kind: 'after', at: null, period: 'P30D' }, max_uses: 1, max_uses_per_person: 1, code_limit: 5_000_000, warn_below: 100, scenarios_create: false, mailings_create: true, fields: [], version: 3,
  archived_at: null, created_at: '2026-11-16T12:00:00Z', updated_at: '2026-11-16T12:00:00Z', closed: null, low: true, room: 100_000, open_batch: null,
  figures: { made: 200, left: 40, given: 100, used: 50, lapsed: 10, attached: 160, activated: 50, expired: 10, uses: 50 },
};

describe('patterns', () => {
  it('show an example and how many codes they have room for', () => {
    expect(exampleOf('SPRING-####-@@@@')).toMatch(/^SPRING-[2-9]{4}-[A-Y]{4}$/);
    expect(exampleOf('A\\##')).toMatch(/^A#[2-9]$/);
    expect(exampleOf('SPRING')).toBeNull();
    expect(exampleOf('A B#')).toBeNull();
    expect(roomOf('SPRING-####-@@@@')).toBe(533_794);
  });
});

describe('a form', () => {
  it('keeps what it read, and says what is missing', () => {
    const values = valuesOf(pool);
    expect(check(values)).toMatchObject({ name: null, pattern: null });
    expect(bodyOf(values)).toMatchObject({ name: 'Spring vouchers', pattern: 'SPRING-####-@@@@', max_uses: 1, expiry: { kind: 'after', at: null, period: 'P30D' }, valid_until: null });
    expect(check({ ...values, name: ' ', pattern: '##', max_uses: 0 })).toMatchObject({ name: 'Enter a name for the pool', pattern: 'So few codes could be guessed: add places', max_uses: expect.any(String) as string });
    expect(bodyOf({ ...values, max_uses: '' }).max_uses).toBeNull();
    expect(splitPeriod('PT12H')).toEqual({ n: 12, unit: 'H' });
    expect(shortFrom('Spring: 10 % off!')).toBe('spring_10_off');
  });

  it('keeps stored headers and sends new ones', () => {
    const values = { ...valuesOf({ ...pool, way: 'remote', remote_url: 'https://shop.example.com/codes', remote_header_names: ['X-Key'] }) };
    values.remote_headers = [...values.remote_headers, { name: 'X-New', value: 'secret', stored: false }];
    expect(bodyOf(values).remote_headers).toEqual({ 'X-Key': null, 'X-New': 'secret' });
  });
});

describe('a pool', () => {
  it('shows what became of its codes', () => {
    expect(partsOf(pool).map((part) => [part.label, part.value])).toEqual([['left', 40], ['given', 100], ['used', 50], ['lapsed', 10]]);
    expect(partsOf({ ...pool, kind: 'universal' }).map((part) => part.label)).toEqual(['given', 'used', 'lapsed']);
  });

  it('opens with its bar, its variable, and a warning before it runs dry', async () => {
    await renderPage(<PoolPage />, {
      path: '/loyalty/codes/$poolId', at: '/loyalty/codes/4', rights: ['loyalty:read'],
      reply: (request) => (request.path === '/api/v1/promo-codes/pools/4' ? { body: pool } : request.path.endsWith('/codes') ? { body: { items: [], next_cursor: null, total: 0 } } : undefined),
    });
    expect(await screen.findByRole('heading', { name: 'Spring vouchers' })).toBeVisible();
    expect(screen.getByText('The pool runs dry')).toBeVisible();
    expect(screen.getByText('{{ loyalty.codes.spring }}')).toBeVisible();
    expect(screen.getByRole('link', { name: '40 left' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Make codes' })).toBeNull();
  });
});
