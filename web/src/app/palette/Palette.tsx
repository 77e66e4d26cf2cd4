import { Loader, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight } from '@mantine/spotlight';
import { IconArrowRight, IconBolt, IconSearch } from '@tabler/icons-react';
import { useRef, useState, type ReactNode } from 'react';
import { Keys, rememberFocus, useGo, usePageMeta } from '@/kit';
import { useMenu } from '../shell/menu';
import { useRecent } from './recent';
import { useServerSearch, type Found } from './search';

interface Entry { id: string; label: string; note?: string | undefined; icon?: ReactNode; combo?: string | undefined; run: () => void }

const matches = (query: string) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (entry: Entry) => words.every((word) => entry.label.toLowerCase().includes(word));
};

const settings: readonly (readonly [string, string])[] = [
  ['Users', '/settings/users'], ['Roles', '/settings/roles'], ['API tokens', '/settings/tokens'], ['Audit log', '/settings/audit'], ['Installation and SMTP', '/settings/installation'],
];

function Group({ label, entries }: { label: string; entries: readonly Entry[] }) {
  if (entries.length === 0) return null;
  return (
    <Spotlight.ActionsGroup label={label}>
      {entries.map((entry) => (
        <Spotlight.Action key={entry.id} label={entry.label} {...(entry.note ? { description: entry.note } : {})} leftSection={entry.icon}
          rightSection={entry.combo ? <Keys combo={entry.combo} /> : null} onClick={entry.run} highlightQuery />
      ))}
    </Spotlight.ActionsGroup>
  );
}

/** Ctrl K: what can be done here, then what was opened last, places, and everything by name. An e-mail, a phone number, an id or `city:Oslo` finds people. `>` actions, `@` people, `#` id. */
export function Palette() {
  const restore = useRef<(() => void) | null>(null);
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed, 120);
  const menu = useMenu();
  const go = useGo();
  const { actions } = usePageMeta();
  const recent = useRecent();
  const server = useServerSearch(asked);
  const mode = typed.charAt(0);
  const fits = matches(typed.replace(/^[>@#]\s*/, ''));
  const icon = <IconArrowRight size={16} aria-hidden="true" />;
  const place = (f: Found): Entry => ({ id: f.id, label: f.label, note: f.note, icon, run: () => { go(f.href); } });

  const here = actions.filter((a) => !a.disabled).map((a): Entry => ({
    id: `action:${a.label}`, label: a.label, combo: a.shortcut, icon: a.icon ?? <IconBolt size={16} aria-hidden="true" />,
    run: () => {
      if (a.href === undefined) a.onClick?.();
      else go(a.href);
    },
  }));
  const places = [
    ...[...menu.groups.flatMap((g) => g.entries), ...menu.below].map((e): Entry => ({ id: e.href, label: e.label, icon: <e.icon size={16} aria-hidden="true" />, run: () => { go(e.href); } })),
    ...settings.map(([label, href]): Entry => ({ id: href, label, icon, run: () => { go(href); } })),
  ];
  const free = mode !== '@' && mode !== '#';
  const groups = [
    { label: 'On this page', entries: free ? here.filter(fits) : [] },
    { label: 'Opened last', entries: free && mode !== '>' ? recent.map(place).filter(fits) : [] },
    { label: 'Places', entries: free && mode !== '>' ? places.filter(fits) : [] },
    ...server.groups.map((g) => ({ label: g.group, entries: g.found.map(place) })),
  ];
  const none = groups.every((g) => g.entries.length === 0), waiting = server.loading || asked !== typed;
  return (
    <Spotlight.Root onSpotlightOpen={() => { restore.current = rememberFocus(); }} onSpotlightClose={() => { restore.current?.(); restore.current = null; }} query={typed} onQueryChange={setTyped} shortcut="mod + K" tagsToIgnore={[]} scrollable maxHeight={440} centered={false} yOffset="10vh" overlayProps={{ backgroundOpacity: 0.25, blur: 0 }}
      attributes={{ content: { 'aria-label': 'Search or jump to' } }}>
      <Spotlight.Search placeholder="Search or jump to…   @ people   city:Oslo   # id   > actions" rightSection={waiting && typed !== '' ? <Loader size={14} aria-label="Searching" /> : null} aria-label="Search or jump to" leftSection={<IconSearch size={18} />} />
      <Spotlight.ActionsList>
        {groups.map((g) => <Group key={g.label} label={g.label} entries={g.entries} />)}
        {server.missed.length > 0 && !waiting && <Text role="alert" size="sm" c="error" px="md" py="xs">Could not search {server.missed.join(', ')}. Type on to try again.</Text>}
        {none && <Spotlight.Empty>{waiting ? 'Searching…' : server.failed ?? 'Nothing found. Try another word, an e-mail address, a phone number, an id, or one field, like city:Oslo'}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
