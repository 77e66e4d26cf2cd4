import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useCan } from '@/api/session';
import { Loaded, Section, SideDrawer, SmallTable, useDrawer, type Column, type QueryLike } from '@/kit';

export interface FrameProps<T> {
  title: string;
  text: string;
  /** for the screen reader: "Regions" */
  what: string;
  query: QueryLike<{ items: T[] }>;
  columns: readonly Column<T>[];
  rowKey: (row: T) => string | number;
  addLabel: string;
  /** the name of the drawer in the address */
  drawer: string;
  form: (close: () => void) => ReactNode;
}

/** One register of the market: a table, and a drawer that adds to it. */
export function Frame<T>({ title, text, what, query, columns, rowKey, addLabel, drawer, form }: FrameProps<T>) {
  const can = useCan('market:create');
  const { open, close } = useDrawer(drawer);
  return (
    <Section title={title} text={text} actions={can ? <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => { open('new'); }}>{addLabel}</Button> : undefined}>
      <Loaded query={query} what={what.toLowerCase()}>{(found) => (found.items.length === 0 ? <p>None yet.</p> : <SmallTable label={what} columns={columns} rows={found.items} rowKey={rowKey} />)}</Loaded>
      <SideDrawer name={drawer} right="market:create" title={addLabel}>{() => form(close)}</SideDrawer>
    </Section>
  );
}
