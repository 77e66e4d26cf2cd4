import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { SignInPage } from './SignInPage';

const me = { kind: 'user', id: 1, name: 'Anna', email: 'anna@example.com', roles: ['owner'], rights: [] };

async function signIn(reply: Answer, at = '/sign-in') {
  const page = await renderPage(<SignInPage />, { path: '/sign-in', at, reply });
  await userEvent.type(screen.getByLabelText('E-mail'), ' anna@example.com ');
  await userEvent.type(screen.getByLabelText('Password'), 'secret');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  return page;
}

describe('signing in', () => {
  it('goes back to where the person wanted to be', async () => {
    const page = await signIn(() => ({ body: me }), '/sign-in?next=%2Fsegments%2F5');
    await waitFor(() => { expect(page.address()).toBe('/segments/5'); });
    expect(page.sent[0]?.body).toEqual({ email: 'anna@example.com', password: 'secret' });
  });
  it('says what the server says, and keeps what was typed', async () => {
    await signIn(() => ({ status: 401, body: { title: 'Not signed in', status: 401, detail: 'E-mail or password is wrong' } }));
    expect(await screen.findByRole('alert')).toHaveTextContent('E-mail or password is wrong');
    expect(screen.getByLabelText('Password')).toHaveValue('secret');
  });
});
