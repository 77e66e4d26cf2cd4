import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { renderPage } from '@/test/render';
import type { Database } from '../model';
import type { Mapping } from './model';
import { Reading } from './Reading';

const field = (name: string, type: string) => ({ id: 0, name, type, label: '', builtin: false, read_only: false, required: false, unique: false, options: [] });
const database = { id: 1, name: 'Shop', timezone: 'UTC', fields: [field('born', 'date'), field('spent', 'float'), field('phones', 'string'), field('city', 'string')] } as unknown as Database;
const used = (name: string): Mapping => ({ column: `c_${name}`, field: name, new_field: null, date_format: name === 'born' ? '%y.%m.%d' : '', decimal: '.', region: null, values: {} });

it('says how dates, numbers and phone numbers are written, also a pattern that is rare', async () => {
  const onChange = vi.fn();
  await renderPage(<>{['born', 'spent', 'phones', 'city'].map((name) => <Reading key={name} database={database} used={used(name)} onChange={onChange} />)}</>, {});
  const user = userEvent.setup();
  expect(await screen.findByRole('combobox', { name: 'Dates in c_born are written like' })).toHaveValue('%y.%m.%d');
  await user.click(screen.getByRole('combobox', { name: 'Dates in c_born are written like' }));
  await user.click(await screen.findByRole('option', { name: '31.03.2026' }));
  await user.click(screen.getByRole('combobox', { name: 'Numbers in c_spent are written like' }));
  await user.click(await screen.findByRole('option', { name: /decimal comma/ }));
  await user.type(screen.getByRole('textbox', { name: 'Country of numbers in c_phones without a code' }), 'no');
  expect(onChange.mock.calls).toEqual([[{ date_format: '%d.%m.%Y' }], [{ decimal: ',' }], [{ region: 'NO' }]]);
  expect(screen.queryByLabelText(/c_city/)).toBeNull();
});
