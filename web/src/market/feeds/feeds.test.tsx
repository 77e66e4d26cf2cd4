import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { FeedRunPage } from './FeedRunPage';
import { bodyOf, check, targetWords, valuesOf, whenWords } from './model';

describe('feeds', () => {
  it('asks for what a source needs', () => {
    const values = { ...valuesOf(null), name: 'Shop' };
    expect(Object.entries(check(values)).filter(([, wrong]) => wrong)).toEqual([['source.url', 'Enter an address that starts with https:// or http://']]);
    expect(check({ ...values, source: { ...values.source, kind: 'file' } }).file).toBe('Choose a file');
    expect(check({ ...values, currency: 'EURO' }).currency).toContain('three letters');
  });

  it('sends a file without a schedule, and an address with its own way to sign in', () => {
    const values = { ...valuesOf(null), name: 'Shop' };
    const file = bodyOf({ ...values, file: 'feeds/abc', source: { ...values.source, kind: 'file', name: 'a.xml' } });
    expect(file).toMatchObject({ source: { kind: 'file', name: 'a.xml' }, file: 'feeds/abc', schedule: null });
    const url = bodyOf({ ...values, source: { ...values.source, url: ' https://x.example/a.xml ', auth: 'bearer', username: 'left over' }, secret: 's' });
    expect(url).toMatchObject({ source: { kind: 'url', url: 'https://x.example/a.xml', auth: 'bearer', username: '' }, secret: 's', schedule: { at: '06:00' } });
  });

  it('says in words where things go and when', () => {
    expect([targetWords('old_price'), targetWords('property.roast'), targetWords(null)]).toEqual(['Earlier price', 'own field roast', 'nowhere']);
    expect(whenWords({ at: '06:00', every_hours: 4 })).toBe('every day at 06:00 UTC, then every 4 hours until the day ends');
  });

  it('reports a run: the parts, the reasons, what no field is there for', async () => {
    const run = {
      id: 3, feed_id: 2, state: 'done', source: 'hand', actor: 'Anna', job_id: null, queued_at: '2026-11-16T06:00:00Z', started_at: '2026-11-16T06:00:00Z', finished_at: '2026-11-16T06:00:09Z', stage: 'skus', format: 'yml', size: 10,
      offers: 12, created: 7, updated: 2, unchanged: 1, skipped: 0, rejected: 2, products: 9, skus: 3, category_count: 2, unknown: [{ key: 'roast', name: 'Roast', type: 'string', examples: ['dark'], offers: 5 }],
      reasons: [{ field: 'price', reason: 'This is no price', offers: 2 }], note: null, error: null,
    };
    const feed = { id: 2, name: 'Shop', open_run: null };
    await renderPage(<FeedRunPage />, { path: '/market/feed-runs/$runId', at: '/market/feed-runs/3', reply: (request) => ({ body: request.path.endsWith('/feed-runs/3') ? run : request.path.endsWith('/market/feeds/2') ? feed : { items: [], next_cursor: null, total: 0 } }) });
    expect(await screen.findByText('12 offers')).toBeInTheDocument();
    expect(screen.getByText(/This is no price/)).toBeInTheDocument();
    expect(screen.getAllByText('Roast').length).toBeGreaterThan(0);
  });
});
