import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { CalendarPage } from './CalendarPage';

const rights = ['mailings:read', 'mailings:create', 'campaigns:read', 'databases:read'];
const entry = (id: number, name: string, day: string, over: object = {}) => ({ mailing_id: id, campaign_id: null, name, type: 'broadcast', what: 'sent', state: 'done', day, at: `${day}T08:00:00Z`, run_id: id, audience: 1120, ...over });
const entries = [entry(7, 'Autumn sale', '2026-11-17'), entry(8, 'Weekly tips', '2026-11-17', { type: 'recurring' }), entry(9, 'Later', '2026-11-20', { what: 'planned', run_id: null, audience: null })];
const campaigns = [{ id: 3, name: 'Winter', state: 'active', first: '2026-11-04', last: null, started_at: '2026-11-04T08:00:00Z', completed_at: null }];
const page = (items: unknown[]) => ({ body: { items, next_cursor: null, total: items.length } });
const server: Answer = ({ path }) => {
  if (path === '/api/v1/databases') return page([{ id: 1, name: 'shop', timezone: 'Europe/Oslo', fields: [] }]);
  if (path === '/api/v1/campaigns') return page([]);
  if (path === '/api/v1/mailings/calendar') return { body: { timezone: 'Europe/Oslo', items: entries } };
  return path === '/api/v1/campaigns/calendar' ? { body: { timezone: 'Europe/Oslo', today: '2026-11-18', items: campaigns } } : undefined;
};
const open = (reply: Answer = server, own = rights) => renderPage(<CalendarPage />, { at: '/mailings/calendar?month=2026-11', path: '/mailings/calendar', rights: own, reply });

describe('the calendar', () => {
  it('shows campaigns as bars from their start until now, one stop for Tab each', async () => {
    await open();
    const bars = await screen.findAllByRole('link', { name: 'Winter, campaign, Wed 4 Nov 2026 to now' });
    expect(bars.map((bar) => [bar.getAttribute('href'), bar.style.getPropertyValue('--days'), bar.hasAttribute('data-begins'), bar.hasAttribute('data-now'), bar.tabIndex])).toEqual([
      ['/campaigns/3', '5', true, false, 0], ['/campaigns/3', '7', false, false, -1], ['/campaigns/3', '3', false, true, -1],
    ]);
    expect(bars[0]!.closest('td')).toContainElement(screen.getByRole('button', { name: 'Wed 4 Nov 2026, 1 campaign' }));
    expect(screen.getByRole('button', { name: 'Thu 19 Nov 2026' })).toBeVisible();
  });

  it('leaves out what is not wanted, and remembers that in the address', async () => {
    const shown = await open();
    const user = userEvent.setup();
    expect(await screen.findByRole('link', { name: 'Weekly tips' })).toBeVisible();
    await user.click(screen.getByRole('checkbox', { name: 'Recurring' }));
    await waitFor(() => { expect(screen.queryByRole('link', { name: 'Weekly tips' })).toBeNull(); });
    await user.click(screen.getByRole('checkbox', { name: 'Campaigns' }));
    await waitFor(() => { expect(screen.queryByRole('link', { name: /Winter/ })).toBeNull(); });
    expect(decodeURIComponent(shown.address())).toContain('hide=recurring,campaigns');
    expect(screen.getByRole('link', { name: 'Autumn sale' })).toBeVisible();
    await user.click(screen.getByRole('checkbox', { name: 'Campaigns' }));
    expect(await screen.findAllByRole('link', { name: /Winter/ })).toHaveLength(3);
  });

  it('says nothing of campaigns to who may not see them', async () => {
    const shown = await open(server, ['mailings:read', 'databases:read']);
    await screen.findByRole('link', { name: 'Autumn sale' });
    expect(screen.queryByRole('checkbox', { name: 'Campaigns' })).toBeNull();
    expect(shown.sent.some((s) => s.path.startsWith('/api/v1/campaigns'))).toBe(false);
  });

  it('is walked through by keys, into other months too, and Enter opens a day', async () => {
    const shown = await open();
    const user = userEvent.setup();
    const day = (name: string) => screen.findByRole('button', { name });
    const today = await day('Wed 18 Nov 2026, 1 campaign');
    expect(screen.getAllByRole('button').filter((one) => one.dataset.day && one.tabIndex === 0)).toEqual([today]);
    today.focus();
    await user.keyboard('{ArrowLeft}');
    expect(await day('Tue 17 Nov 2026, 2 mailings, 1 campaign')).toHaveFocus();
    await user.keyboard('{End}{ArrowUp}{Home}');
    expect(await day('Mon 9 Nov 2026, 1 campaign')).toHaveFocus();
    expect(screen.getAllByRole('button').filter((one) => one.dataset.day && one.tabIndex === 0)).toHaveLength(1);
    await user.keyboard('{ArrowDown}{ArrowRight}{Enter}');
    const drawer = await screen.findByRole('dialog', { name: 'Tue 17 Nov 2026' });
    expect(within(drawer).getByRole('link', { name: 'Autumn sale' })).toHaveAttribute('href', '/mailings/7');
    expect(within(drawer).getByRole('list', { name: 'Campaigns' })).toHaveTextContent('WinterWed 4 Nov 2026 to now');
    expect(within(drawer).getByRole('link', { name: 'New mailing' })).toHaveAttribute('href', '/mailings/new');
    await user.keyboard('{Escape}');
    await waitFor(() => { expect(screen.queryByRole('dialog')).toBeNull(); });
    (await day('Tue 17 Nov 2026, 2 mailings, 1 campaign')).focus();
    await user.keyboard('{PageDown}');
    await waitFor(() => { expect(shown.address()).toContain('month=2026-12'); });
    await waitFor(() => { expect(document.activeElement).toHaveAttribute('data-day', '2026-12-17'); });
    await user.keyboard('{PageUp}{PageUp}');
    await waitFor(() => { expect(document.activeElement).toHaveAttribute('data-day', '2026-10-17'); });
    expect(shown.sent.some((s) => s.path === '/api/v1/mailings/calendar' && s.query.get('from') === '2026-09-28')).toBe(true);
  });

  it('is a list on a phone', async () => {
    vi.stubGlobal('matchMedia', (media: string) => ({ media, matches: media.includes('max-width'), addEventListener: vi.fn(), removeEventListener: vi.fn(), addListener: vi.fn(), removeListener: vi.fn() }));
    await open();
    const list = await screen.findByRole('list', { name: 'Campaigns' });
    expect(within(list).getByRole('link', { name: 'Winter' })).toHaveAttribute('href', '/campaigns/3');
    expect(screen.getByText('Fri 20 Nov 2026')).toBeVisible();
    expect(screen.queryByRole('table')).toBeNull();
  });
});
