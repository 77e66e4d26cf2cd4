import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { askJobs, forgetJobs } from '@/api/jobs';
import { renderPage } from '@/test/render';
import { HomePage } from './HomePage';

it('Home does not say that nothing runs before it is known, and says when it could not be asked', async () => {
  forgetJobs();
  let good = false;
  const none = { body: { items: [], next_cursor: null, total: 0 } };
  await renderPage(<HomePage />, {
    rights: ['jobs:read'],
    reply: ({ query }) => (good || query.get('state') !== 'active' ? none : { status: 500, body: { title: 'Broken', status: 500, detail: 'It broke on purpose.' } }),
  });
  expect(await screen.findByText('Nothing needs you')).toBeInTheDocument();
  expect(screen.queryByText('Nothing is running')).toBeNull();
  askJobs();
  expect(await screen.findByText('Could not load what runs')).toBeInTheDocument();
  good = true;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('Nothing is running')).toBeInTheDocument();
  await waitFor(() => { expect(screen.queryByRole('alert')).toBeNull(); });
});
