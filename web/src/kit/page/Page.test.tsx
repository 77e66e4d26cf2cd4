import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderPage } from '@/test/render';
import { Page, type PageAction } from '..';

const nothing = () => undefined;
const add: PageAction = { label: 'Add product', onClick: nothing };
const others: PageAction[] = [{ label: 'Import a file', onClick: nothing }, { label: 'Settings', onClick: nothing }];
const names = () => screen.getAllByRole('button').map((one) => one.getAttribute('aria-label') ?? one.textContent);

describe('a page’s buttons', () => {
  afterEach(() => { vi.unstubAllGlobals(); });
  const onPhone = () => { vi.stubGlobal('matchMedia', (media: string) => ({ media, matches: media.includes('max-width'), addEventListener: vi.fn(), removeEventListener: vi.fn(), addListener: vi.fn(), removeListener: vi.fn() })); };

  it('stand side by side where there is room', async () => {
    await renderPage(<Page title="Products" primary={add} secondary={others} />);
    await screen.findByRole('heading', { level: 1, name: 'Products' });
    expect(names()).toEqual(['Import a file', 'Settings', 'Add product']);
  });
  it('go into the menu on a phone, but for the main one', async () => {
    onPhone();
    await renderPage(<Page title="Products" primary={add} secondary={others} menu={[{ label: 'Archive', onClick: nothing }]} />);
    await screen.findByRole('heading', { level: 1, name: 'Products' });
    expect(names()).toEqual(['Add product', 'More actions']);
    await userEvent.click(screen.getByRole('button', { name: 'More actions' }));
    expect((await screen.findAllByRole('menuitem')).map((one) => one.textContent)).toEqual(['Import a file', 'Settings', 'Archive']);
  });
  it('stay on a phone when they are two, or when none is the main one', async () => {
    onPhone();
    await renderPage(<><Page title="One" primary={add} secondary={others.slice(0, 1)} /><Page title="Two" secondary={others} /></>);
    await screen.findByRole('heading', { level: 1, name: 'One' });
    expect(names()).toEqual(['Import a file', 'Add product', 'Import a file', 'Settings']);
  });
});
