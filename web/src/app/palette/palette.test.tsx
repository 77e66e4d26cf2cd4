import { spotlight } from '@mantine/spotlight';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { act } from 'react';
import { expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { Palette } from './Palette';

it('gives the focus back when it closes', async () => {
  await renderPage(<><button type="button">Here</button><Palette /></>);
  screen.getByRole('button', { name: 'Here' }).focus();
  act(() => { spotlight.open(); });
  await waitFor(() => { expect(screen.getByLabelText('Search or jump to', { selector: 'input' })).toHaveFocus(); });
  await userEvent.keyboard('{Escape}');
  await waitFor(() => { expect(screen.getByRole('button', { name: 'Here' })).toHaveFocus(); });
});

it('says which kinds could not be searched', async () => {
  const { sent } = await renderPage(<Palette />, {
    rights: ['segments:read', 'templates:read'],
    reply: ({ path }) => (path === '/api/v1/segments' ? { status: 500, body: { title: 'Broken', status: 500, detail: 'It broke on purpose.' } } : { body: { items: [], next_cursor: null, total: 0 } }),
  });
  act(() => { spotlight.open(); });
  await userEvent.type(await screen.findByLabelText('Search or jump to', { selector: 'input' }), 'gold');
  expect(await screen.findByRole('alert')).toHaveTextContent('Could not search segments. Type on to try again.');
  expect(sent.some((one) => one.path === '/api/v1/templates')).toBe(true);
});
