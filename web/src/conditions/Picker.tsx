import { Modal, Text, TextInput } from '@mantine/core';
import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatCount, formatPercent } from '@/kit';
import css from './conditions.module.css';
import { useEditor } from './context';
import { entriesOf, objectEntries, ownProperty, searchEntries, seenProperties, type Entry } from './entries';
import { iconOf } from './icons';
import type { Inside } from './inner';
import { placeOf, useObjectProperties, useProperties, useUsage } from './suggestions';
import type { RuleNode } from './tree';
import { rowsOf } from './vocabulary';

const RECENT = 5;
const recentGroup = { key: 'recent', label: 'Recent' };

interface PickerProps {
  inside: Inside | null;
  title: string;
  /** also offers to put the rule into Exclude */
  canExclude: boolean;
  onPick: (rule: RuleNode, how: { stay: boolean; exclude: boolean }) => void;
  onClose: () => void;
}

function Use({ entry }: { entry: Entry }) {
  const { use, note } = entry;
  const samples = use?.samples.join(', ');
  return (
    <span className={css.entryNote}>
      {samples ? <span className={css.samples}>{samples}</span> : <span>{note}</span>}
      {use?.share !== undefined && <span className={css.share} title="How many people have a value">{formatPercent(use.share).replace(/\.\d/, '')}</span>}
      {use?.people !== undefined && <span className={css.share}>{use.people === 0 ? 'never' : formatCount(use.people, 'person', 'people')}</span>}
    </span>
  );
}

/** All there is to choose from, and what of it is shown. */
function useEntries(inside: Inside | null, query: string, group: string | null, rare: boolean) {
  const { words, databaseId, segments } = useEditor();
  const [recent, setRecent] = useLocalStorage<string[]>({ key: 'fidelia.rules.recent', defaultValue: [], getInitialValueInEffect: false });
  const usage = useUsage(databaseId);
  const open = inside ? rowsOf(words, inside, null)?.open ?? false : false;
  const seen = useProperties(databaseId, placeOf(inside), open);
  const objects = useObjectProperties(databaseId, words.raw.fields);
  const all = useMemo(() => [...entriesOf(words, inside, segments, usage), ...seenProperties(words, inside, seen), ...(inside ? [] : objectEntries(words, objects))], [words, inside, segments, usage, seen, objects]);
  const groups = useMemo(() => [...new Map(all.map((e) => [e.group.key, e.group])).values()].map((g) => ({ ...g, count: all.filter((e) => e.group.key === g.key).length })), [all]);
  const shown = useMemo(() => {
    if (query !== '') return [...searchEntries(all, query), ...ownProperty(words, inside, query, all)];
    const known = all.filter((e) => rare || e.use?.rare !== true);
    if (group !== null) return known.filter((e) => e.group.key === group);
    const latest = recent.map((key) => all.find((e) => e.key === key)).filter((e): e is Entry => e !== undefined).map((e) => ({ ...e, group: recentGroup }));
    return [...latest, ...known];
  }, [all, query, group, rare, recent, words, inside]);
  const unused = query === '' && !rare ? all.filter((e) => e.use?.rare === true && (group === null || e.group.key === group)).length : 0;
  const note = (entry: Entry) => { if (!entry.key.startsWith('own.')) setRecent([entry.key, ...recent.filter((key) => key !== entry.key)].slice(0, RECENT)); };
  return { all, groups, shown, unused, note };
}

/** Search on top, groups with counts, entries with how much of them there is. Enter adds, Ctrl Enter adds and stays, Shift Enter adds to Exclude. */
export function Picker({ inside, title, canExclude, onPick, onClose }: PickerProps) {
  const [query, setQuery] = useState(''), [group, setGroup] = useState<string | null>(null), [rare, setRare] = useState(false);
  const [at, setAt] = useState(0);
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const list = useRef<HTMLUListElement>(null);
  const { all, groups, shown, unused, note } = useEntries(inside, query.trim(), group, rare);
  const pick = (entry: Entry | undefined, how: { stay: boolean; exclude: boolean }) => {
    if (!entry) return;
    note(entry);
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
  const choose = (key: string | null) => { setGroup(key); setQuery(''); setAt(0); list.current?.scrollTo({ top: 0 }); };
  return (
    <Modal opened onClose={onClose} title={title} size={780} fullScreen={narrow} centered={false} yOffset="8dvh" closeButtonProps={{ 'aria-label': 'Close' }}>
      <TextInput aria-label="Search what a rule can ask" placeholder="Search: city, bought, opened, birthday…" leftSection={<IconSearch size={16} />} value={query} data-autofocus autoComplete="off" mt={4} mx={2}
        role="combobox" aria-expanded aria-controls="rule-entries" aria-activedescendant={shown[at] ? `rule-entry-${at}` : ''} aria-autocomplete="list"
        onChange={(event) => { setQuery(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} />
      <div className={css.picker}>
        <div className={css.categories} role="group" aria-label="Categories">
          <button type="button" className={css.category} aria-pressed={group === null} onClick={() => { choose(null); }}><span>Everything</span><span>{all.length}</span></button>
          {groups.map((g) => (
            <button key={g.key} type="button" className={css.category} aria-pressed={group === g.key} onClick={() => { choose(g.key); }}><span>{g.label}</span><span>{g.count}</span></button>
          ))}
        </div>
        <ul className={css.entries} role="listbox" aria-label="What a rule can ask" id="rule-entries" ref={list} tabIndex={-1}>
          {shown.map((entry, i) => {
            const Mark = iconOf(entry.category);
            const first = query.trim() === '' && group === null && shown[i - 1]?.group.key !== entry.group.key;
            return [
              first && <li key={`h.${entry.group.key}`} className={css.entryHead} role="presentation">{entry.group.label}</li>,
              <li key={`${entry.group.key}.${entry.key}`} id={`rule-entry-${i}`} data-index={i} className={css.entry} role="option" aria-selected={i === at} onMouseMove={() => { setAt(i); }}
                onClick={(event) => { pick(entry, { stay: event.ctrlKey || event.metaKey, exclude: event.shiftKey && canExclude }); }}>
                <Mark size={16} aria-hidden="true" /><span>{entry.label}</span><Use entry={entry} />
              </li>,
            ];
          })}
          {shown.length === 0 && <li role="presentation"><Text p="md" c="dimmed">{query.trim() === '' ? 'Nothing here is in use.' : `Nothing is called “${query}”. Try another word, or look through the categories.`}</Text></li>}
        </ul>
      </div>
      {unused > 0 && <button type="button" className={css.small} style={{ whiteSpace: 'normal', height: 'auto', minHeight: 28, textAlign: 'start' }} onClick={() => { setRare(true); }}>Show {unused} more that hardly anybody has or that did not happen for 90 days</button>}
      <Text size="xs" c="dimmed" mt="xs" visibleFrom="sm">Enter adds · Ctrl Enter adds and stays{canExclude ? ' · Shift Enter adds to Exclude' : ''}</Text>
    </Modal>
  );
}
