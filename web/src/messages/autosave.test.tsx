import { useQuery } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { api, ok } from '@/api/client';
import { LeaveGuard } from '@/kit';
import { renderPage, type Answer } from '@/test/render';
import { Attachments } from './content/Attachments';
import type { Template } from './model';
import { contentOf, useAutosave } from './useAutosave';

const template = { id: 4, name: 'News', channel: 'email', fields: {}, subject: '', preheader: '', body: 'Hello', text: '', format: 'html', revision: 1, problems: [], updated_at: '2026-11-21T10:00:00Z' } as unknown as Template;

function Writer() {
  const [content, setContent] = useState(contentOf(template));
  const saved = useAutosave(template, content, true);
  return (
    <>
      <LeaveGuard dirty={saved.unsaved} onSave={saved.flush} />
      <textarea aria-label="Body" value={content.body} onChange={(e) => { setContent({ ...content, body: e.currentTarget.value }); }} />
      <p>{saved.words}</p>
    </>
  );
}
const at = { path: '/templates/4', at: '/templates/4' };
const stores: Answer = ({ method, body }) => (method === 'PATCH' ? { body: { ...template, ...(body as object), revision: 2 } } : undefined);

describe('a template that is left', () => {
  it('with a text not saved yet asks, and saves it before it goes', async () => {
    const page = await renderPage(<Writer />, { ...at, reply: stores });
    await userEvent.type(screen.getByLabelText('Body'), '!');
    void page.go('/elsewhere');
    await userEvent.click(await screen.findByRole('button', { name: 'Save and leave' }));
    expect(await screen.findByText('Another page')).toBeVisible();
    expect(page.sent.filter((s) => s.method === 'PATCH').map((s) => s.body)).toMatchObject([{ body: 'Hello!', revision: 1 }]);
  });

  it('stays when it cannot be saved', async () => {
    const page = await renderPage(<Writer />, { ...at, reply: () => ({ status: 503, body: { title: 'Unavailable', status: 503, detail: 'The database does not answer' } }) });
    await userEvent.type(screen.getByLabelText('Body'), '!');
    void page.go('/elsewhere');
    await userEvent.click(await screen.findByRole('button', { name: 'Save and leave' }));
    expect(await screen.findByText(/Not saved: The database/)).toBeInTheDocument();
    expect(page.address()).toBe('/templates/4');
    expect(screen.getByLabelText('Body')).toHaveValue('Hello!');
  });

  it('goes at once when everything is saved', async () => {
    const page = await renderPage(<Writer />, { ...at, reply: stores });
    await userEvent.type(screen.getByLabelText('Body'), '!');
    expect(await screen.findByText(/Draft saved/)).toBeInTheDocument();
    void page.go('/elsewhere');
    await waitFor(() => { expect(page.address()).toBe('/elsewhere'); });
  });
});

const file = (name: string) => ({ name, type: 'application/pdf', size: 5000 });
const two = { ...template, attachments: [file('old.pdf'), file('new.pdf')] } as unknown as Template;

function WithFiles() {
  const { data } = useQuery({ queryKey: ['templates', 4], queryFn: () => ok(api.GET('/api/v1/templates/{template_id}', { params: { path: { template_id: 4 } } })) });
  return <><Writer />{data ? <Attachments template={data} canUpdate /> : null}</>;
}

describe('the files of a template', () => {
  it('are as they were changed last, also when an earlier save is answered later', async () => {
    let answer: () => void = () => undefined;
    const waited = new Promise<void>((resolve) => { answer = resolve; });
    const page = await renderPage(<WithFiles />, {
      ...at,
      reply: async ({ method, body }) => {
        if (method === 'GET') return { body: two };
        if (method === 'DELETE') return { body: { ...two, attachments: [file('new.pdf')] } };
        await waited;
        return { body: { ...two, ...(body as object), revision: 2 } };
      },
    });
    await screen.findByText('old.pdf');
    await userEvent.type(screen.getByLabelText('Body'), '!');
    await waitFor(() => { expect(page.sent.map((s) => s.method)).toContain('PATCH'); }, { timeout: 5000 });
    await userEvent.click(screen.getByRole('button', { name: 'Actions for old.pdf' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Remove' }));
    await waitFor(() => { expect(screen.queryByText('old.pdf')).not.toBeInTheDocument(); });
    answer();
    expect(await screen.findByText(/Draft saved/)).toBeInTheDocument();
    expect(screen.queryByText('old.pdf')).not.toBeInTheDocument();
    expect(screen.getByText('new.pdf')).toBeInTheDocument();
  });
});
