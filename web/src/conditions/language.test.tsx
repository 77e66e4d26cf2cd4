import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { renderPage } from '@/test/render';
import { finishedBy } from './choices';
import { ConditionEditor } from './ConditionEditor';
import { useTree } from './history';
import { cases, silent, vocabulary, type Deed } from './language.cases';
import language from './language.json';
import { readTree, writeTree, type Json, type Tree } from './tree';
import { wordsOf } from './vocabulary';

const words = wordsOf(vocabulary);
let now: Tree;

function Page({ from }: { from: Json | null }) {
  const rules = useTree(() => readTree(from));
  now = rules.tree;
  const unfinished = new Set(writeTree(rules.tree, finishedBy(words)).skipped);
  return <ConditionEditor words={words} databaseId={1} tree={rules.tree} change={rules.change} undo={rules.undo} redo={rules.redo} unfinished={unfinished} lit={null} light={() => undefined} />;
}

/** A control by its label; ` (figure)` is the one inside of a figure. */
function control(name: string): HTMLElement {
  const inFigure = name.endsWith(' (figure)');
  const place = inFigure ? within(screen.getByRole('group', { name: 'A figure to compare with' })) : screen;
  const found = place.getAllByLabelText(name.replace(' (figure)', '')).filter((e) => e instanceof HTMLInputElement || e instanceof HTMLSelectElement);
  expect(found, name).not.toHaveLength(0);
  return found.at(-1) as HTMLElement;
}

async function deed(one: Deed): Promise<void> {
  const user = userEvent.setup();
  switch (one[0]) {
    case 'press': {
      const found = await waitFor(() => screen.queryByRole('menuitem', { name: one[1] }) ?? screen.getByRole('button', { name: one[1] }));
      await user.click(found);
      break;
    }
    case 'set': {
      const box = await waitFor(() => {
        const found = control(one[1]);
        if (found instanceof HTMLSelectElement) expect([...found.options].map((o) => o.value), `${one[1]} offers`).toContain(one[2]);
        return found;
      });
      act(() => { fireEvent.change(box, { target: { value: one[2] } }); });
      break;
    }
    case 'chips': {
      await user.type(control(one[1]), `${one[2]}{Enter}`);
      break;
    }
    default: {
      const search = await screen.findByRole('combobox', { name: 'Search what a rule can ask' });
      fireEvent.change(search, { target: { value: one[1] } });
      fireEvent.keyDown(search, { key: 'Enter' });
      await waitFor(() => { expect(screen.queryByRole('combobox', { name: 'Search what a rule can ask' })).toBeNull(); });
    }
  }
}

describe('the editor', () => {
  const members = Object.entries(language).flatMap(([node, names]) => (names.length > 0 ? names.map((name) => `${node}.${name}`) : [node]));

  it('has a control, or a reason for none, for every member of the language', () => {
    expect([...Object.keys(cases), ...Object.keys(silent)].sort()).toEqual([...members].sort());
  });

  it.each(Object.entries(cases))('edits %s without the JSON', async (_, [from, deeds, to]) => {
    await renderPage(<Page from={from} />, {
      reply: ({ path }) => (path === '/api/v1/segments' ? { body: { items: [{ id: 3, name: 'VIP' }, { id: 4, name: 'New' }], next_cursor: null, total: 2 } } : undefined),
    });
    for (const one of deeds) await deed(one);
    await waitFor(() => { expect(writeTree(now, finishedBy(words)).condition).toEqual(to); });
  });
});
