import { Button, Group, Select, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChevronLeft, IconChevronRight, IconClock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import type { components } from '@/api/schema';
import { useCampaignNames } from '@/campaigns/model';
import { AppLink, formatCount, formatDay, Loaded, NeedDatabase, Page, paths, Section, useSearchParam } from '@/kit';
import { reportOf } from '../runs/model';
import css from './calendar.module.css';
import { monthOf, moved, textOf, weeksOf } from './month';

type Entry = components['schemas']['CalendarEntry'];
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const crumbs = [{ label: 'Mailings', href: paths.mailings() }];

function EntryLine({ entry, zone }: { entry: Entry; zone: string }) {
  const at = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(new Date(entry.at));
  const href = entry.run_id && entry.type === 'recurring' ? reportOf({ id: entry.mailing_id }, entry.run_id) : paths.mailing(entry.mailing_id);
  return (
    <li className={css.entry ?? ''}>
      <Text span size="xs" c="dimmed" className="fd-num">{entry.what === 'planned' && <IconClock size={12} aria-label="planned" style={{ verticalAlign: '-2px' }} />} {at}</Text>{' '}
      <AppLink href={href}>{entry.name}</AppLink>
      {entry.what === 'sent' && entry.audience !== null && <Text span size="xs" c="dimmed"> {formatCount(entry.audience, 'person', 'people')}</Text>}
    </li>
  );
}

function Entries({ entries, zone }: { entries: readonly Entry[]; zone: string }) {
  return entries.length === 0 ? null : <ul className={css.entries ?? ''}>{entries.map((e) => <EntryLine key={`${e.mailing_id}.${e.at}.${e.run_id ?? ''}`} entry={e} zone={zone} />)}</ul>;
}

function Grid({ weeks, month, today, byDay, zone }: { weeks: string[][]; month: string; today: string; byDay: ReadonlyMap<string, Entry[]>; zone: string }) {
  return (
    <table className={css.grid ?? ''} aria-label={`Mailings of ${month}`}>
      <thead><tr>{weekdays.map((day) => <th key={day} scope="col">{day}</th>)}</tr></thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]}>{week.map((day) => (
            <td key={day} className={[day.startsWith(month) ? '' : css.other, day === today ? css.today : ''].join(' ')} {...(day === today ? { 'aria-current': 'date' as const } : {})}>
              <span className={css.date ?? ''}>{Number(day.slice(8))}</span>
              <Entries entries={byDay.get(day) ?? []} zone={zone} />
            </td>
          ))}</tr>
        ))}
      </tbody>
    </table>
  );
}

function DayList({ byDay, zone }: { byDay: ReadonlyMap<string, Entry[]>; zone: string }) {
  return <ul className={css.days ?? ''}>{[...byDay].map(([day, entries]) => <li key={day}><Text fw={550} size="sm">{formatDay(day, 'UTC')}</Text><Entries entries={entries} zone={zone} /></li>)}</ul>;
}

/** A month of mailings: what was sent, what begins, what a schedule launches. */
export function CalendarPage() {
  const database = useDatabase();
  const [asked, setAsked] = useSearchParam('month');
  const [campaign, setCampaign] = useSearchParam('campaign');
  const campaigns = useCampaignNames(database?.id) ?? [];
  const narrow = useMediaQuery('(max-width: 48em)');
  const month = monthOf(asked, new Date());
  const weeks = weeksOf(month);
  const from = weeks[0]?.[0] ?? '', to = weeks.at(-1)?.[6] ?? '';
  const query = useQuery({
    queryKey: ['mailings', 'calendar', database?.id, from, campaign], enabled: database !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/calendar', { params: { query: { database: database?.id ?? 0, from, to, ...(campaign ? { campaign: Number(campaign) } : {}) } }, signal })),
  });
  if (!database) return <NeedDatabase title="Calendar" crumbs={crumbs} why="Mailings go to the people of a database." />;
  const name = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(Date.UTC(month.year, month.month - 1, 1)));
  const go = (by: number) => { setAsked(textOf(moved(month, by)), { replace: true }); };
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: database.timezone }).format(new Date());
  return (
    <Page title="Calendar" crumbs={crumbs} facts={[`in ${database.name}`, `days of ${database.timezone}`]}
      tools={campaigns.length > 0 ? <Select aria-label="Of which campaign" w={220} clearable searchable placeholder="All mailings" clearButtonProps={{ 'aria-label': 'Show all mailings' }} data={campaigns.map((c) => ({ value: String(c.id), label: c.name }))} value={campaign ?? null} onChange={(id) => { setCampaign(id ?? undefined, { replace: true }); }} /> : undefined}>
      <Section title={name} actions={(
        <Group gap="xs">
          <Button variant="default" size="compact-sm" aria-label="Previous month" onClick={() => { go(-1); }}><IconChevronLeft size={16} /></Button>
          <Button variant="default" size="compact-sm" onClick={() => { setAsked(undefined, { replace: true }); }}>This month</Button>
          <Button variant="default" size="compact-sm" aria-label="Next month" onClick={() => { go(1); }}><IconChevronRight size={16} /></Button>
        </Group>
      )}>
        <Loaded query={query} what="the calendar">{(found) => {
          const byDay = new Map<string, Entry[]>();
          for (const entry of found.items) byDay.set(entry.day, [...byDay.get(entry.day) ?? [], entry]);
          return (
            <>
              {found.items.length === 0 && <Text c="dimmed">Nothing was sent, and nothing is planned.</Text>}
              {narrow ? <DayList byDay={byDay} zone={found.timezone} /> : <Grid weeks={weeks} month={textOf(month)} today={today} byDay={byDay} zone={found.timezone} />}
            </>
          );
        }}</Loaded>
      </Section>
    </Page>
  );
}
