import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { NotThere } from './Empty';

it('an object that is missing is told in the server\'s words, an address that nobody typed is not', async () => {
  await renderPage(<><NotThere what="the segment" detail="There is no segment 7" /><NotThere what="the key" detail="There is nothing at /api/v1/senders/domains/NaN" /></>);
  expect(screen.getByText('There is no segment 7. It was deleted, or the address is mistyped.')).toBeVisible();
  expect(screen.getByText('It was deleted, or the address is mistyped.')).toBeVisible();
});
