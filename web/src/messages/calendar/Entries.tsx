import { Text } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import type { components } from '@/api/schema';
import { AppLink, formatCount, paths, Time } from '@/kit';
import { reportOf } from '../runs/model';
import css from './calendar.module.css';

export type Entry = components['schemas']['CalendarEntry'];

function EntryLine({ entry, zone }: { entry: Entry; zone: string }) {
  const href = entry.run_id && entry.type === 'recurring' ? reportOf({ id: entry.mailing_id }, entry.run_id) : paths.mailing(entry.mailing_id);
  return (
    <li className={css.entry ?? ''}>
      <Text span size="xs" c="dimmed" className="fd-num">{entry.what === 'planned' && <IconClock size={12} aria-label="planned" style={{ verticalAlign: '-2px' }} />} <Time value={entry.at} mode="clock" zone={zone} /></Text>{' '}
      <AppLink href={href}>{entry.name}</AppLink>
      {entry.what === 'sent' && entry.audience !== null && <Text span size="xs" c="dimmed"> {formatCount(entry.audience, 'person', 'people')}</Text>}
    </li>
  );
}

/** Mailings of a day, by their time. */
export function Entries({ entries, zone }: { entries: readonly Entry[]; zone: string }) {
  return entries.length === 0 ? null : <ul className={css.entries ?? ''}>{entries.map((e) => <EntryLine key={`${e.mailing_id}.${e.at}.${e.run_id ?? ''}`} entry={e} zone={zone} />)}</ul>;
}
