import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { SearchPage } from './SearchPage';

describe('quick search', () => {
  it('asks every database, shows who was found, and keeps the search in the address', async () => {
    const { sent, address } = await renderPage(<SearchPage />, {
      at: '/search', path: '/search', rights: ['profiles:read'],
      reply: ({ path }) => (path === '/api/v1/search' ? { body: { items: [
        { database_id: 1, database: 'shop', total: 1, problem: null, items: [{ found_in: 'elsewhere', profile: { id: 17, version: 1, first_name: 'Ada', email: 'ada@a.co', status: 'subscribed' } }] },
        { database_id: 2, database: 'club', total: 0, problem: 'There is no field felt', items: [] },
      ] } } : undefined),
    });
    await userEvent.type(screen.getByLabelText(/Name, address/), 'city:"New York"{Enter}');
    expect(await screen.findByRole('link', { name: 'Ada' })).toHaveAttribute('href', '/databases/1/profiles/17');
    expect(screen.getByText(/by a subscription/)).toBeVisible();
    expect(screen.getByText(/There is no field felt/)).toBeVisible();
    expect(decodeURIComponent(address())).toContain('city:');
    expect(sent.find((s) => s.path === '/api/v1/search')?.query.get('q')).toBe('city:"New York"');
  });
});
