import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { NeedRight, SideDrawer } from '..';

it('a drawer shows no form to whoever may not use it', async () => {
  await renderPage(<SideDrawer name="thing" title="New thing" right="things:create">{() => <button type="button">Make thing</button>}</SideDrawer>, { at: '/?drawer=thing:new' });
  expect(await screen.findByText(/things:create/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Make thing' })).not.toBeInTheDocument();
});

it('a page that only does something names the right that is missing', async () => {
  await renderPage(<NeedRight title="New thing" what="make things" right="things:create" />);
  expect(await screen.findByRole('heading', { level: 1, name: 'New thing' })).toBeInTheDocument();
  expect(screen.getByText('You cannot make things')).toBeInTheDocument();
});
