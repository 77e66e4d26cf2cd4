import { NumberInput, TextInput } from '@mantine/core';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { Problem } from '@/api/problem';
import { renderPage } from '@/test/render';
import { AppForm } from './AppForm';
import { fixesFrom, useAppForm } from './useAppForm';

type Save = (values: { name: string; age: number }) => Promise<unknown>;

function Editor({ save, draftKey }: { save: Save; draftKey?: string }) {
  const state = useAppForm({ initialValues: { name: '', age: 41 }, check: (v) => ({ name: v.name ? null : 'Enter a name for the segment' }) });
  return (
    <AppForm state={state} mode="edit" saveLabel="Save segment" onSave={save} {...(draftKey ? { draftKey } : {})}>
      <TextInput label="Name" {...state.form.getInputProps('name')} />
      <NumberInput label="Age" {...state.form.getInputProps('age')} />
    </AppForm>
  );
}

const refusal = new Problem({ status: 422, title: 'Invalid', errors: [{ pointer: '/age', message: 'Age must be a whole number, like 41' }, { pointer: '/condition', message: 'Level belongs to an inactive program' }] });

describe('server errors', () => {
  it('land on the field their pointer names, the nearest parent, or the summary', () => {
    const values = { name: '', fields: [{ type: '' }] };
    const problem = new Problem({ status: 422, title: 'Invalid', errors: [{ pointer: '/fields/0/type', message: 'a' }, { pointer: '/fields/0/unknown', message: 'b' }, { pointer: '/elsewhere', message: 'c' }] });
    expect(fixesFrom(problem, values)).toEqual([{ path: 'fields.0.type', message: 'a' }, { path: 'fields.0', message: 'b' }, { path: '', message: 'c' }]);
    expect(fixesFrom(new Problem({ status: 409, title: 'Conflict', detail: 'Anna saved this at 14:02' }), values)).toEqual([{ path: '', message: 'Anna saved this at 14:02' }]);
  });
});

describe('a conflict', () => {
  it('is said in words, not by the number of the version', () => {
    const problem = new Problem({ status: 409, title: 'Conflict', detail: 'Somebody changed this profile', errors: [{ pointer: '/version', message: 'The present version is 4' }] });
    expect(fixesFrom(problem, { name: '' })).toEqual([{ path: '', message: expect.stringContaining('Somebody changed this profile. What you typed is kept') as string }]);
  });
});

describe('a form', () => {
  it('shows its bar only once something changed, and saves what was typed', async () => {
    const save = vi.fn<Save>(() => Promise.resolve());
    await renderPage(<Editor save={save} />);
    expect(screen.queryByRole('button', { name: /Save segment/ })).toBeNull();
    await userEvent.type(screen.getByLabelText('Name'), 'Lapsed');
    expect(screen.getByText(/1 unsaved change/)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: /Save segment/ }));
    expect(save).toHaveBeenCalledWith({ name: 'Lapsed', age: 41 });
    await waitFor(() => { expect(screen.queryByText(/unsaved/)).toBeNull(); });
  });

  it('puts refusals onto their field and into a summary that takes the focus', async () => {
    await renderPage(<Editor save={() => Promise.reject(refusal)} />);
    await userEvent.type(screen.getByLabelText('Name'), 'Lapsed');
    await userEvent.click(screen.getByRole('button', { name: /Save segment/ }));
    const summary = await screen.findByRole('alert');
    expect(summary).toHaveTextContent('2 things to fix');
    expect(summary).toHaveTextContent('Level belongs to an inactive program');
    expect(summary).toHaveFocus();
    expect(screen.getByLabelText('Age')).toHaveAccessibleDescription('Age must be a whole number, like 41');
    await userEvent.click(screen.getByRole('button', { name: 'Age must be a whole number, like 41' }));
    expect(screen.getByLabelText('Age')).toHaveFocus();
  });

  it('shows nothing between press and release: the button would move away from under the click', async () => {
    await renderPage(<Editor save={() => Promise.resolve()} />);
    const person = userEvent.setup();
    await person.type(screen.getByLabelText('Age'), '2');
    await person.type(screen.getByLabelText('Name'), 'a{Backspace}');
    await person.pointer({ keys: '[MouseLeft>]', target: screen.getByRole('button', { name: /Save segment/ }) });
    expect(screen.queryByText('Enter a name for the segment')).toBeNull();
    await person.pointer({ keys: '[/MouseLeft]' });
    expect(await screen.findByRole('alert')).toHaveFocus();
  });

  it('does not send what it knows to be wrong', async () => {
    const save = vi.fn<Save>(() => Promise.resolve());
    await renderPage(<Editor save={save} />);
    await userEvent.type(screen.getByLabelText('Name'), 'a{Backspace}');
    await userEvent.type(screen.getByLabelText('Age'), '2');
    await userEvent.click(screen.getByRole('button', { name: /Save segment/ }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Enter a name for the segment');
    expect(save).not.toHaveBeenCalled();
  });

  it('keeps a draft through a reload and forgets it when discarded', async () => {
    const first = await renderPage(<Editor save={() => Promise.resolve()} draftKey="segment.5" />);
    await userEvent.type(screen.getByLabelText('Name'), 'Lapsed');
    await waitFor(() => { expect(localStorage.getItem('fidelia.draft.segment.5')).toContain('Lapsed'); });
    first.unmount();
    await renderPage(<Editor save={() => Promise.resolve()} draftKey="segment.5" />);
    expect(await screen.findByDisplayValue('Lapsed')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Discard draft' }));
    expect(screen.getByLabelText('Name')).toHaveValue('');
    expect(localStorage.getItem('fidelia.draft.segment.5')).toBeNull();
  });

  it('asks before it is left with changes, and stays when told so', async () => {
    const page = await renderPage(<Editor save={() => Promise.resolve()} />, { path: '/segments/5', at: '/segments/5' });
    await userEvent.type(screen.getByLabelText('Name'), 'Lapsed');
    void page.go('/segments');
    await userEvent.click(await screen.findByRole('button', { name: 'Stay' }));
    expect(page.address()).toBe('/segments/5');
    void page.go('/segments');
    await userEvent.click(await screen.findByRole('button', { name: 'Discard changes' }));
    expect(await screen.findByText('Another page')).toBeVisible();
  });
});
