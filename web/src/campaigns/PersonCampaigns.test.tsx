import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { PersonCampaigns } from './PersonCampaigns';

const winter = { id: 3, name: 'Winter', state: 'active', present: true, guest: false, side: 'control' };
const spring = { id: 4, name: 'Spring', state: 'completed', present: false, guest: true, side: 'test' };

const show = (items: readonly unknown[], rights: string[]) => renderPage(<PersonCampaigns databaseId={1} profileId={17} />, {
  rights: ['profiles:read', ...rights], reply: ({ path }) => (path === '/api/v1/databases/1/profiles/17/campaigns' ? { body: { items } } : undefined),
});

describe('the campaigns of a person', () => {
  it('are linked and say the side', async () => {
    await show([winter, spring], ['campaigns:read']);
    expect(await screen.findByRole('link', { name: 'Winter' })).toHaveAttribute('href', '/campaigns/3');
    expect(screen.getByText('Kept back in the control group')).toBeInTheDocument();
    expect(screen.getByText('Was in the test group until the end')).toBeInTheDocument();
  });

  it('are names without a side for who may not see campaigns', async () => {
    await show([{ ...winter, side: null }], []);
    expect(await screen.findByText('Winter')).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Winter' })).toBeNull();
    expect(screen.getByText('In it')).toBeInTheDocument();
    expect(screen.queryByText(/control group/)).toBeNull();
  });

  it('are no section for who was never in one', async () => {
    const { sent } = await show([], ['campaigns:read']);
    await waitFor(() => { expect(sent.length).toBeGreaterThan(0); });
    expect(screen.queryByText('Campaigns')).toBeNull();
  });
});
