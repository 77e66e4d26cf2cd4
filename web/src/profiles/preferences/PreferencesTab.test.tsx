import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { PreferencesTab } from './PreferencesTab';

const field = (name: string, label: string, more = {}) => ({ name, label, type: 'string', can_edit: true, shown: true, editable: true, ...more });
const center = {
  database_id: 1, title: '', logo_text: '', intro: '', language: 'en', languages: ['en', 'de'],
  fields: [field('first_name', 'First name'), field('email', 'E-mail', { can_edit: false, editable: false }), field('city', 'City', { shown: false, editable: false })],
};

it('sends the shown fields in their order, and what people may edit', async () => {
  const { sent } = await renderPage(<PreferencesTab databaseId={1} />, {
    rights: ['databases:read', 'databases:update'],
    reply: ({ path }) => (path.endsWith('/preference-center') ? { body: center } : undefined),
  });
  await userEvent.click(await screen.findByLabelText('People may edit City'));
  expect(screen.getByLabelText('Show City')).toBeChecked();
  expect(screen.queryByLabelText('People may edit E-mail')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Move E-mail up' }));
  await userEvent.click(screen.getByRole('button', { name: /Save preference page/ }));
  await waitFor(() => {
    expect(sent.find((s) => s.method === 'PUT')?.body).toMatchObject({ fields: [{ name: 'email', editable: false }, { name: 'first_name', editable: true }, { name: 'city', editable: true }] });
  });
});
