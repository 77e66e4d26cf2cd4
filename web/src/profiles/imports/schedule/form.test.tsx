import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { renderPage } from '@/test/render';
import type { Database } from '../../model';
import { bodyOf, check, sourceOf, sourceWords, valuesOf, whenWords, type Sample, type Scheduled } from './model';
import { ScheduleForm } from './ScheduleForm';

const field = (name: string, label: string) => ({ id: 0, name, type: 'string', label, builtin: true, read_only: false, required: false, unique: false, options: [] });
const database = { id: 1, name: 'Shop', timezone: 'Europe/Oslo', fields: [field('email', 'E-mail'), field('city', 'City')] } as unknown as Database;
const column = (name: string, target: string | null) => ({ name, examples: ['x'], suggestion: { field: target, score: 1, date_format: '', decimal: '.', new_field: null }, good: 1, bad: 0, empty: 0, problems: [] });
const sample = {
  columns: ['mail', 'note'], types: ['text', 'int4'], rows: [['ada@x.no', '7']], size: 10, whole: true,
  preview: { format: { kind: 'jsonl' }, sheets: [], columns: [column('mail', 'email'), column('note', null)], mapping: [{ column: 'mail', field: 'email' }, { column: 'note', field: null }], options: {}, rows: 1, estimated_rows: 1, exact: true, warnings: [] },
} as unknown as Sample;
const stored = {
  id: 3, database_id: 1, name: 'Cards', active: true, source: { kind: 'sql', driver: 'postgresql', host: 'db.x.no', port: 5432, database: 'till', username: 'reader', tls: 'verify', query: 'SELECT 1' }, secret_set: true, format: null,
  mapping: [{ column: 'mail', field: 'email' }], options: {}, target: null, skip_unchanged: true, stop_after: 5, schedule: { at: '03:00', weekdays: [], every_hours: 6 }, version: 4,
} as unknown as Scheduled;

describe('what is sent', () => {
  it('holds only what belongs to the kind of source', () => {
    const values = valuesOf(stored);
    expect(sourceOf(values.source)).toEqual(stored.source);
    expect(sourceOf({ ...values.source, kind: 'url', url: ' https://x.no/a.csv ', auth: 'none', header: 'X' })).toEqual({ kind: 'url', url: 'https://x.no/a.csv', auth: 'none', username: '', header: '' });
    expect(bodyOf({ ...values, mapping: [{ column: 'a', field: null }, { column: 'b', field: 'email' }] }).mapping).toEqual([{ column: 'b', field: 'email' }]);
  });
  it('is checked before', () => {
    const wrong = check({ ...valuesOf(null), source: { ...valuesOf(null).source, url: 'shop.no/a.csv' } });
    expect(Object.entries(wrong).filter(([, text]) => text).map(([path]) => path)).toEqual(['name', 'source.url', 'mapping']);
    expect(Object.values(check(valuesOf(stored))).every((text) => text === null)).toBe(true);
  });
  it('is said in words', () => {
    expect(sourceWords(stored.source)).toBe('Query on till at db.x.no');
    expect(whenWords(stored.schedule, 'Europe/Oslo')).toBe('every day at 03:00 Europe/Oslo, then every 6 hours until the day ends');
  });
});

describe('the form', () => {
  it('tries the source, takes its columns over, and sends what was typed', async () => {
    const sent: unknown[] = [];
    const saved = vi.fn();
    await renderPage(<ScheduleForm database={database} onSaved={saved} />, {
      reply: ({ method, path, body }) => {
        if (path.endsWith('/import-schedules/test')) return { body: sample };
        if (method !== 'POST') return { body: { items: [], next_cursor: null, total: 0 } };
        sent.push(body);
        return { status: 201, body: stored };
      },
    });
    await userEvent.click(screen.getByRole('button', { name: 'Create scheduled import' }));
    expect(await screen.findByRole('button', { name: 'Enter a name for the scheduled import' })).toBeVisible();
    await userEvent.type(screen.getByLabelText('Name'), 'Customers');
    await userEvent.type(screen.getByLabelText('Address of the file'), 'https://x.no/a.csv');
    await userEvent.click(screen.getByRole('button', { name: 'Test the source' }));
    expect(await screen.findByText('int4')).toBeVisible();
    expect(screen.getByText('ada@x.no')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Create scheduled import' }));
    await waitFor(() => { expect(saved).toHaveBeenCalled(); });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ name: 'Customers', mapping: [{ column: 'mail', field: 'email' }], schedule: { at: '03:00' } });
    expect(sent[0]).not.toHaveProperty('secret');
  });
});

describe('how the file is read', () => {
  it('is found out at each run until somebody fixes it; then the test and the import read it so', async () => {
    const sent: Record<string, unknown>[] = [];
    const file = { ...sample, types: [], preview: { ...sample.preview, format: { kind: 'csv', compression: 'none', encoding: 'utf-8', delimiter: ',', quote: '"', header: true, skip: 0, sheet: null } } } as unknown as Sample;
    await renderPage(<ScheduleForm database={database} onSaved={vi.fn()} />, {
      reply: ({ method, path, body }) => {
        if (method !== 'POST') return { body: { items: [], next_cursor: null, total: 0 } };
        sent.push(body as Record<string, unknown>);
        return path.endsWith('/test') ? { body: file } : { status: 201, body: stored };
      },
    });
    const user = userEvent.setup();
    await user.type(screen.getByLabelText('Name'), 'Customers');
    await user.type(screen.getByLabelText('Address of the file'), 'https://x.no/a.csv');
    await user.click(screen.getByRole('button', { name: 'Test the source' }));
    await screen.findByRole('button', { name: 'Test again' });
    expect(sent[0]).toMatchObject({ format: null });
    await user.click(screen.getByRole('checkbox', { name: 'Always in the same way' }));
    await user.click(screen.getByRole('combobox', { name: 'Columns are separated by' }));
    await user.click(await screen.findByRole('option', { name: /Semicolon/ }));
    expect(screen.getByText(/Test again to see them like this/, { selector: 'p' })).toBeVisible();
    await user.click(screen.getByRole('checkbox', { name: 'The first line holds the names of the columns' }));
    await user.click(screen.getByRole('button', { name: 'Test again' }));
    await waitFor(() => { expect(sent[1]).toMatchObject({ format: { kind: 'csv', delimiter: ';', header: false } }); });
    await user.click(screen.getByRole('button', { name: 'Create scheduled import' }));
    await waitFor(() => { expect(sent[2]).toMatchObject({ format: { delimiter: ';', encoding: 'utf-8', header: false } }); });
  });
});
