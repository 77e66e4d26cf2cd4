import { TextInput } from '@mantine/core';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { AppForm, NeedRight, SideDrawer, useAppForm, useDrawer } from '..';

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

function Thing({ onClose }: { onClose: () => void }) {
  const state = useAppForm({ initialValues: { name: '' } });
  return (
    <AppForm state={state} mode="create" guard={false} saveLabel="Make thing" onCancel={onClose} onSave={() => { onClose(); return Promise.resolve(); }}>
      <TextInput label="Name" {...state.form.getInputProps('name')} />
    </AppForm>
  );
}

function Things() {
  const drawer = useDrawer('thing');
  return <SideDrawer name="thing" title="New thing">{() => <Thing onClose={drawer.close} />}</SideDrawer>;
}

const open = () => renderPage(<Things />, { path: '/things', at: '/things?drawer=thing:new' });
const closed = (address: () => string) => waitFor(() => { expect(address()).toBe('/things'); });

describe('a drawer with a form', () => {
  it('closes at once while nothing is typed', async () => {
    const { address } = await open();
    await screen.findByLabelText('Name');
    await userEvent.keyboard('{Escape}');
    await closed(address);
    expect(screen.queryByText('Leave with unsaved changes?')).toBeNull();
  });

  it('asks before Esc drops what was typed; Esc in the question stays', async () => {
    const { address } = await open();
    await userEvent.type(await screen.findByLabelText('Name'), 'Shop Norway');
    await userEvent.keyboard('{Escape}');
    expect(await screen.findByText('Leave with unsaved changes?')).toBeInTheDocument();
    await userEvent.keyboard('{Escape}');
    await waitFor(() => { expect(screen.queryByText('Leave with unsaved changes?')).toBeNull(); });
    expect(address()).toContain('drawer=thing');
    expect(screen.getByLabelText('Name')).toHaveValue('Shop Norway');
  });

  it.each([['the close button', 'Close'], ['Cancel', 'Cancel']])('asks at %s, once, and discards when told so', async (_, name) => {
    const { address } = await open();
    await userEvent.type(await screen.findByLabelText('Name'), 'Shop Norway');
    await userEvent.click(screen.getByRole('button', { name }));
    await userEvent.click(await screen.findByRole('button', { name: 'Discard changes' }));
    await closed(address);
  });

  it('asks before another page, and not after it was saved', async () => {
    const { address, go } = await open();
    await userEvent.type(await screen.findByLabelText('Name'), 'Shop Norway');
    void go('/elsewhere');
    await userEvent.click(await screen.findByRole('button', { name: 'Stay' }));
    expect(address()).toContain('drawer=thing');
    await waitFor(() => { expect(screen.getByLabelText('Name')).toHaveFocus(); });
    await userEvent.click(screen.getByRole('button', { name: 'Make thing' }));
    await closed(address);
    expect(screen.queryByText('Leave with unsaved changes?')).toBeNull();
  });
});
