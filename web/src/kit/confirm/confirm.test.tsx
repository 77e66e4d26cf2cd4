import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { announce } from '../states/announce';
import { confirmConsequence, confirmTyped } from './confirm';

describe('the ladder of destruction', () => {
  it('keeps the focus on the safe way out', async () => {
    await renderPage(<p>page</p>);
    let answer: Promise<boolean> | undefined;
    act(() => { answer = confirmConsequence({ title: 'Stop the mailing?', body: '250 people will not get it', action: 'Stop mailing', keep: 'Keep sending' }); });
    expect(await screen.findByRole('button', { name: 'Keep sending' })).toHaveFocus();
    await userEvent.click(screen.getByRole('button', { name: 'Stop mailing' }));
    await expect(answer).resolves.toBe(true);
  });
  it('wants the name typed where data is lost, and Esc means no', async () => {
    await renderPage(<p>page</p>);
    let answer: Promise<boolean> | undefined;
    act(() => { answer = confirmTyped({ title: 'Delete age?', body: '2,301 values are lost', action: 'Delete field', keep: 'Keep field', name: 'age' }); });
    const act1 = await screen.findByRole('button', { name: 'Delete field' });
    expect(act1).toBeDisabled();
    await userEvent.type(screen.getByLabelText(/Type age/), 'age');
    expect(act1).toBeEnabled();
    await userEvent.keyboard('{Escape}');
    await expect(answer).resolves.toBe(false);
  });
});

describe('the live region', () => {
  it('says the last figure', async () => {
    await renderPage(<p>page</p>);
    act(() => { announce('342 people'); });
    expect(screen.getByText('342 people')).toHaveAttribute('aria-live', 'polite');
  });
});
