import { useQueries, useQuery } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Problem } from '@/api/problem';
import { renderPage } from '@/test/render';
import { Loaded, named } from './Loaded';
import { Page } from '../page/Page';
import { SideDrawer } from '../page/SideDrawer';
import { partOf, parts } from './parts';

const broken = (status = 500) => () => Promise.reject(new Problem({ status, title: 'Broken', detail: 'It broke on purpose.' }));

function Silent({ queryKey }: { queryKey: readonly unknown[] }) {
  useQuery({ queryKey, queryFn: broken() });
  return <p>Nothing is read of it</p>;
}

it.each(Object.entries(parts).filter(([, words]) => words !== null))('a request of %s that fails is named on the page, though nobody reads its error', async (key, words) => {
  await renderPage(<Page title="Segments"><Silent queryKey={key.split('/')} /></Page>);
  expect(await screen.findByText(`Could not load ${words ?? ''}`)).toBeInTheDocument();
  expect(screen.getByRole('heading', { level: 1, name: 'Segments' })).toBeInTheDocument();
});

it('says several at once, tries them all again and goes when they came', async () => {
  let good = false;
  const ask = () => (good ? Promise.resolve(1) : broken()());
  const Two = () => { useQueries({ queries: [{ queryKey: ['resources'], queryFn: ask }, { queryKey: ['roles'], queryFn: ask }] }); return null; };
  await renderPage(<main><Page title="Consent"><Two /></Page></main>);
  expect(await screen.findByText('Could not load the resources and the roles')).toBeInTheDocument();
  good = true;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => { expect(screen.queryByRole('alert')).toBeNull(); });
  await waitFor(() => { expect(screen.getByRole('heading', { level: 1 })).toHaveFocus(); });
});

it('leaves to a panel what the panel says, and is silent about what a role may not see', async () => {
  const Panel = () => <Loaded query={useQuery({ queryKey: ['roles'], queryFn: broken() })} what="the roles">{() => null}</Loaded>;
  const Hidden = () => { useQuery({ queryKey: ['segments'], queryFn: broken(403) }); return null; };
  await renderPage(<Page title="Roles"><Panel /><Hidden /></Page>);
  expect(await screen.findByText('Could not load the roles')).toBeInTheDocument();
  await new Promise((resolve) => { setTimeout(resolve, 80); });
  expect(screen.getAllByRole('alert')).toHaveLength(1);
});

it('speaks inside the drawer of what fails there', async () => {
  await renderPage(<Page title="Resources"><SideDrawer name="new" title="New">{() => <Silent queryKey={['templates']} />}</SideDrawer></Page>, { at: '/?drawer=new' });
  expect((await screen.findByText('Could not load the templates')).closest('[role="dialog"]')).not.toBeNull();
});

it('shows no name before it is known', async () => {
  let come: (name: string) => void = () => undefined;
  const Named = () => { const query = useQuery({ queryKey: ['segments', 5], queryFn: () => new Promise<string>((resolve) => { come = resolve; }) }); return <Page title={named(query, (name) => name, 'Segment')} />; };
  await renderPage(<Named />);
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('');
  expect(screen.queryByText('Segment')).toBeNull();
  come('Gold');
  expect(await screen.findByRole('heading', { level: 1, name: 'Gold' })).toBeInTheDocument();
});

const sources = (folder: string): string[] => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? sources(join(folder, entry.name)) : /(?<!\.test)\.tsx?$/.test(entry.name) ? [join(folder, entry.name)] : []);

it('every question to the server has words for its failure in parts.ts', () => {
  const nameless = sources('src').flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/(?:queryKey: |useList(?:<[^(]*>)?\(|[kK]ey = )(\['[\w-]+'[^\]]*\])/g)]
    .map((found) => [...(found[1] ?? '').matchAll(/'([\w-]+)'/g)].map((word) => word[1] ?? ''))
    .filter((words) => partOf(words) === 'a part of this page').map((words) => `${file}: ${words.join(', ')}`));
  expect(nameless).toEqual([]);
});
