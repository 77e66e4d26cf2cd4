import { Modal, Text, TextInput } from '@mantine/core';
import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import css from './conditions.module.css';
import { entriesOf, ownProperty, searchEntries, type Entry } from './entries';
import { iconOf } from './icons';
import type { RuleNode } from './tree';
import type { Words } from './vocabulary';

const RECENT = 5;

interface PickerProps {
  words: Words;
  inside: RuleNode | null;
  title: string;
  /** also offers to put the rule into Exclude */
  canExclude: boolean;
  onPick: (rule: RuleNode, how: { stay: boolean; exclude: boolean }) => void;
  onClose: () => void;
}

/** Search on top, categories with counts, entries with their type. Enter adds, Ctrl Enter adds and stays, Shift Enter adds to Exclude. */
export function Picker({ words, inside, title, canExclude, onPick, onClose }: PickerProps) {
  const [query, setQuery] = useState('');
  const [category, setCategory] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const [recent, setRecent] = useLocalStorage<string[]>({ key: 'fidelia.rules.recent', defaultValue: [], getInitialValueInEffect: false });
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const list = useRef<HTMLUListElement>(null);
  const all = useMemo(() => entriesOf(words, inside), [words, inside]);
  const categories = useMemo(() => {
    const order = [...words.raw.categories, ...all.map((e) => e.category)];
    return [...new Set(order)].map((name) => ({ name, count: all.filter((e) => e.category === name).length })).filter((c) => c.count > 0);
  }, [all, words]);
  const shown = useMemo(() => {
    if (query.trim() !== '') return [...searchEntries(all, query.trim()), ...ownProperty(words, inside, query.trim())];
    if (category !== null) return all.filter((e) => e.category === category);
    const order = categories.map((c) => c.name);
    const latest = recent.map((key) => all.find((e) => e.key === key)).filter((e): e is Entry => e !== undefined).map((e) => ({ ...e, category: 'Recent' }));
    return [...latest, ...[...all].sort((a, b) => order.indexOf(a.category) - order.indexOf(b.category))];
  }, [all, query, category, categories, recent, words, inside]);
  const pick = (entry: Entry | undefined, how: { stay: boolean; exclude: boolean }) => {
    if (!entry) return;
    if (!entry.key.startsWith('own.')) setRecent([entry.key, ...recent.filter((key) => key !== entry.key)].slice(0, RECENT));
    onPick(entry.make(), how);
  };
  const go = (next: number) => {
    const to = Math.max(0, Math.min(shown.length - 1, next));
    setAt(to);
    list.current?.querySelector(`[data-index="${to}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 };
    const to = steps[event.key];
    if (to !== undefined) { event.preventDefault(); go(to); }
    if (event.key === 'Enter') { event.preventDefault(); pick(shown[at], { stay: event.ctrlKey || event.metaKey, exclude: event.shiftKey && canExclude }); }
  };
  return (
    <Modal opened onClose={onClose} title={title} size={720} fullScreen={narrow} centered={false} yOffset="8dvh" closeButtonProps={{ 'aria-label': 'Close' }}>
      <TextInput aria-label="Search what a rule can ask" placeholder="Search: city, bought, opened, birthday…" leftSection={<IconSearch size={16} />} value={query} data-autofocus autoComplete="off" mt={4} mx={2}
        role="combobox" aria-expanded aria-controls="rule-entries" aria-activedescendant={shown[at] ? `rule-entry-${at}` : ''} aria-autocomplete="list"
        onChange={(event) => { setQuery(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} />
      <div className={css.picker}>
        <div className={css.categories} role="group" aria-label="Categories">
          <button type="button" className={css.category} aria-pressed={category === null} onClick={() => { setCategory(null); setQuery(''); setAt(0); }}><span>Everything</span><span>{all.length}</span></button>
          {categories.map((c) => (
            <button key={c.name} type="button" className={css.category} aria-pressed={category === c.name} onClick={() => { setCategory(c.name); setQuery(''); setAt(0); }}><span>{c.name}</span><span>{c.count}</span></button>
          ))}
        </div>
        <ul className={css.entries} role="listbox" aria-label="What a rule can ask" id="rule-entries" ref={list} tabIndex={-1}>
          {shown.map((entry, i) => {
            const Mark = iconOf(entry.category);
            const first = query.trim() === '' && category === null && shown[i - 1]?.category !== entry.category;
            return [
              first && <li key={`h.${entry.category}`} className={css.entryHead} role="presentation">{entry.category}</li>,
              <li key={`${entry.category}.${entry.key}`} id={`rule-entry-${i}`} data-index={i} className={css.entry} role="option" aria-selected={i === at} onMouseMove={() => { setAt(i); }}
                onClick={(event) => { pick(entry, { stay: event.ctrlKey || event.metaKey, exclude: event.shiftKey && canExclude }); }}>
                <Mark size={16} aria-hidden="true" /><span>{entry.label}</span><span className={css.entryNote}>{entry.note}</span>
              </li>,
            ];
          })}
          {shown.length === 0 && <li role="presentation"><Text p="md" c="dimmed">Nothing is called “{query}”. Try another word, or look through the categories.</Text></li>}
        </ul>
      </div>
      <Text size="xs" c="dimmed" mt="xs" visibleFrom="sm">Enter adds · Ctrl Enter adds and stays{canExclude ? ' · Shift Enter adds to Exclude' : ''}</Text>
    </Modal>
  );
}
