import { Button, Group, Menu, Pill, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { IconArrowsSort, IconColumns3, IconDownload, IconFilter, IconLayoutList, IconList, IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { formatNumber } from '../format/number';
import { IconButton } from '../routing/links';
import type { Column, FilterDef } from './types';
import type { ListState } from './useListState';
import css from './list.module.css';

export interface ToolbarProps<T> {
  state: ListState;
  searchLabel: string | null;
  filters: readonly FilterDef[];
  columns: readonly Column<T>[];
  visibility: Readonly<Record<string, boolean>>;
  onVisible: (key: string, on: boolean) => void;
  /** on a phone rows have no headings to sort by and no columns to choose */
  narrow: boolean;
  density: Density;
  onDensity: (next: Density) => void;
  /** says what the file holds: `Export the 12 people found` */
  exporting?: { label: string; run: () => void } | undefined;
  /** in place of the chooser of these columns: one that knows more of them */
  columnMenu?: ReactNode;
  extra?: ReactNode;
  /** saved views */
  views?: ReactNode;
}

export type Density = 'compact' | 'comfortable';

function SearchBox({ state, label }: { state: ListState; label: string }) {
  const [typed, setTyped] = useState(state.q);
  const input = useRef<HTMLInputElement>(null);
  const push = useDebouncedCallback(state.setQ, 250);
  useEffect(() => { setTyped(state.q); }, [state.q]);
  useHotkeys([['/', () => { input.current?.focus(); }]]);
  const set = (q: string) => { setTyped(q); push(q); };
  return (
    <TextInput ref={input} className={css.search ?? ''} type="search" aria-label={label} placeholder={label} value={typed}
      leftSection={<IconSearch size={16} aria-hidden="true" />}
      rightSection={typed && <IconButton label="Clear search" size="sm" onClick={() => { set(''); }}><IconX size={14} /></IconButton>}
      onChange={(event) => { set(event.currentTarget.value); }} />
  );
}

const MANY = 10;

function FilterMenu({ filter, state }: { filter: FilterDef; state: ListState }) {
  const [sought, setSought] = useState('');
  const options = filter.options.filter((option) => option.label.toLowerCase().includes(sought.toLowerCase()));
  const chosen = state.filter[filter.key] ?? [];
  const toggle = (value: string) => {
    const on = chosen.includes(value);
    state.setFilter(filter.key, on ? chosen.filter((v) => v !== value) : filter.multiple ? [...chosen, value] : [value]);
  };
  return (
    <Menu shadow="md" position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<IconFilter size={14} aria-hidden="true" />}>{filter.label}</Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        {filter.options.length > MANY && <Menu.Search value={sought} onChange={(event) => { setSought(event.currentTarget.value); }} placeholder={`Search ${filter.label.toLowerCase()}`} aria-label={`Search ${filter.label.toLowerCase()}`} />}
        {options.length === 0 && <Menu.Label>Nothing fits</Menu.Label>}
        {options.map((option) => (
          <Menu.CheckboxItem key={option.value} checked={chosen.includes(option.value)} closeMenuOnClick={!filter.multiple} onChange={() => { toggle(option.value); }} {...(option.count === undefined ? {} : { rightSection: <Text size="xs" c="dimmed" className="fd-num">{formatNumber(option.count)}</Text> })}>
            {option.label}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Sorting where there are no headings to press. */
function SortMenu<T>({ columns, state }: { columns: readonly Column<T>[]; state: ListState }) {
  const sortable = columns.flatMap((column) => (column.sort ? [{ key: column.sort, header: column.header }] : []));
  if (sortable.length === 0) return null;
  return (
    <Menu shadow="md" position="bottom-start">
      <Menu.Target><Button variant="default" leftSection={<IconArrowsSort size={14} aria-hidden="true" />}>Sort</Button></Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        {sortable.flatMap(({ key, header }) => [[key, `${header}, upwards`], [`-${key}`, `${header}, downwards`]] as const).map(([value, label]) => (
          <Menu.RadioItem key={value} value={value} checked={state.sort === value} onChange={() => { state.setSort(value); }}>{label}</Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function ListToolbar<T>({ state, searchLabel, filters, columns, visibility, onVisible, narrow, density, onDensity, exporting, columnMenu, extra, views }: ToolbarProps<T>) {
  const label = (filter: FilterDef, value: string) => filter.options.find((o) => o.value === value)?.label ?? value;
  const chips = filters.flatMap((filter) => {
    const values = state.filter[filter.key] ?? [];
    return values.length > 0 ? [{ filter, text: `${filter.label} is ${values.map((v) => label(filter, v)).join(' or ')}` }] : [];
  });
  const hideable = columns.slice(1).filter((column) => !column.locked);
  return (
    <Group gap="xs" className={css.toolbar ?? ''}>
      {searchLabel !== null && <SearchBox state={state} label={searchLabel} />}
      {filters.map((filter) => <FilterMenu key={filter.key} filter={filter} state={state} />)}
      {chips.map(({ filter, text }) => (
        <Pill key={filter.key} size="md" withRemoveButton onRemove={() => { state.setFilter(filter.key, []); }}
          removeButtonProps={{ 'aria-label': `Remove filter ${text}`, 'aria-hidden': false, tabIndex: 0 }}>{text}</Pill>
      ))}
      {extra}
      {narrow && <SortMenu columns={columns} state={state} />}
      <Group gap={4} ml="auto" className={css.views ?? ''}>
        {views}
        {!narrow && columnMenu}
        {!narrow && !columnMenu && hideable.length > 0 && (
          <Menu shadow="md" position="bottom-end" closeOnItemClick={false}>
            <Menu.Target><IconButton label="Columns"><IconColumns3 size={18} /></IconButton></Menu.Target>
            <Menu.Dropdown mah={400} style={{ overflowY: 'auto' }}>
              {hideable.map((column) => (
                <Menu.CheckboxItem key={column.key} checked={visibility[column.key] !== false} onChange={(on) => { onVisible(column.key, on); }}>{column.header}</Menu.CheckboxItem>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
        {!narrow && (
          <IconButton label={density === 'compact' ? 'Comfortable rows' : 'Compact rows'} onClick={() => { onDensity(density === 'compact' ? 'comfortable' : 'compact'); }}>
            {density === 'compact' ? <IconLayoutList size={18} /> : <IconList size={18} />}
          </IconButton>
        )}
        {exporting && <Button variant="default" leftSection={<IconDownload size={16} aria-hidden="true" />} onClick={exporting.run}>{exporting.label}</Button>}
      </Group>
    </Group>
  );
}
