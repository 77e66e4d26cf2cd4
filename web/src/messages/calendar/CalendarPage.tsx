import { Button, Chip, Group, Select, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChevronLeft, IconChevronRight, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { useCampaignNames } from '@/campaigns/model';
import { formatDay, Loaded, NeedDatabase, Page, paths, Section, useDrawer, useSearchParam } from '@/kit';
import { Campaigns } from './Bars';
import css from './calendar.module.css';
import { DayDrawer } from './DayDrawer';
import { Entries, type Entry } from './Entries';
import { Grid } from './Grid';
import { lastedOn, type Span } from './lanes';
import { monthOf, moved, textOf, weeksOf } from './month';

type Mailings = components['schemas']['MailingCalendar'];
type Lasting = components['schemas']['CampaignCalendar'];

const crumbs = [{ label: 'Mailings', href: paths.mailings() }];
const help = { text: 'What was sent, what is planned, and how long campaigns last. Arrow keys lead from day to day, Home and End through the week, Page up and Page down to other months, and Enter opens a day.', guide: 'timing', api: '/mailings/calendar' };
const kinds = [{ value: 'mailings', label: 'Mailings' }, { value: 'recurring', label: 'Recurring' }, { value: 'campaigns', label: 'Campaigns' }];
const kindOf = (entry: Entry): string => (entry.type === 'recurring' ? 'recurring' : 'mailings');

function DayList({ byDay, zone }: { byDay: ReadonlyMap<string, readonly Entry[]>; zone: string }) {
  return <ul className={css.days ?? ''}>{[...byDay].map(([day, entries]) => <li key={day}><Text fw={550} size="sm">{formatDay(day)}</Text><Entries entries={entries} zone={zone} /></li>)}</ul>;
}

/** What is shown of the calendar, and what of it the address leaves out. */
function useShown(sees: boolean) {
  const [hidden, setHidden] = useSearchParam('hide');
  const off = new Set(hidden?.split(','));
  const offered = kinds.filter((kind) => kind.value !== 'campaigns' || sees);
  const shown = offered.filter((kind) => !off.has(kind.value)).map((kind) => kind.value);
  return { offered, shown, show: (values: string[]) => { setHidden(offered.filter((kind) => !values.includes(kind.value)).map((kind) => kind.value).join(','), { replace: true }); } };
}

/** A month of mailings and campaigns: what was sent, what begins, what a schedule launches, what lasts. */
export function CalendarPage() {
  const database = useDatabase();
  const [asked, setAsked] = useSearchParam('month');
  const [campaign, setCampaign] = useSearchParam('campaign');
  const names = useCampaignNames(database?.id) ?? [];
  const sees = useCan('campaigns:read'), makes = useCan('mailings:create');
  const { offered, shown, show } = useShown(sees);
  const drawer = useDrawer('day');
  const narrow = useMediaQuery('(max-width: 48em)');
  const month = monthOf(asked, new Date());
  const weeks = weeksOf(month);
  const from = weeks[0]?.[0] ?? '', to = weeks.at(-1)?.[6] ?? '';
  const params = { query: { database: database?.id ?? 0, from, to, ...(campaign ? { campaign: Number(campaign) } : {}) } };
  // The weeks stay while another month is fetched, so that keys go on from day to day; those of another database do not.
  const same = (key: readonly unknown[] | undefined) => key?.[2] === database?.id;
  const query = useQuery<Mailings>({
    queryKey: ['mailings', 'calendar', database?.id, from, campaign], enabled: database !== undefined, placeholderData: (before, last) => (same(last?.queryKey) ? before : undefined),
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/calendar', { params, signal })),
  });
  const lasting = useQuery<Lasting>({
    queryKey: ['campaigns', 'calendar', database?.id, from, campaign], enabled: sees && database !== undefined, placeholderData: (before, last) => (same(last?.queryKey) ? before : undefined),
    queryFn: ({ signal }) => ok(api.GET('/api/v1/campaigns/calendar', { params, signal })),
  });
  if (!database) return <NeedDatabase title="Calendar" crumbs={crumbs} why="Mailings go to the people of a database." />;
  const name = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(Date.UTC(month.year, month.month - 1, 1)));
  const go = (by: number) => { setAsked(textOf(moved(month, by)), { replace: true }); };
  const today = lasting.data?.today ?? new Intl.DateTimeFormat('sv-SE', { timeZone: database.timezone }).format(new Date());
  const campaigns: readonly Span[] = shown.includes('campaigns') ? lasting.data?.items ?? [] : [];
  return (
    <Page title="Calendar" crumbs={crumbs} facts={[`in ${database.name}`, `days of ${database.timezone}`]} help={help}
      {...(makes ? { primary: { label: 'New mailing', icon: <IconPlus size={16} />, href: paths.mailingNew() } } : {})}
      tools={names.length > 0 ? <Select aria-label="Of which campaign" w={220} clearable searchable placeholder="All mailings" clearButtonProps={{ 'aria-label': 'Show all mailings' }} data={names.map((c) => ({ value: String(c.id), label: c.name }))} value={campaign ?? null} onChange={(id) => { setCampaign(id ?? undefined, { replace: true }); }} /> : undefined}>
      <Section title={name} actions={(
        <Group gap="xs">
          <Button variant="default" size="compact-sm" aria-label="Previous month" onClick={() => { go(-1); }}><IconChevronLeft size={16} /></Button>
          <Button variant="default" size="compact-sm" onClick={() => { setAsked(undefined, { replace: true }); }}>This month</Button>
          <Button variant="default" size="compact-sm" aria-label="Next month" onClick={() => { go(1); }}><IconChevronRight size={16} /></Button>
        </Group>
      )}>
        <Chip.Group multiple value={shown} onChange={show}>
          <Group gap="xs" mb="sm" role="group" aria-label="What is shown"><Text size="sm" c="dimmed" aria-hidden>Show</Text>{offered.map((kind) => <Chip key={kind.value} size="xs" value={kind.value}>{kind.label}</Chip>)}</Group>
        </Chip.Group>
        <Loaded query={query} what="the calendar">{(found) => {
          const byDay = new Map<string, Entry[]>();
          for (const entry of found.items) if (shown.includes(kindOf(entry))) byDay.set(entry.day, [...byDay.get(entry.day) ?? [], entry]);
          return (
            <>
              {byDay.size === 0 && campaigns.length === 0 && <Text c="dimmed" mb="sm">{found.items.length > 0 ? 'Nothing of what is shown.' : 'Nothing was sent, and nothing is planned.'}</Text>}
              {narrow
                ? <>{campaigns.length > 0 && <Campaigns campaigns={campaigns} />}<DayList byDay={byDay} zone={found.timezone} /></>
                : <Grid weeks={weeks} month={textOf(month)} today={today} byDay={byDay} campaigns={campaigns} zone={found.timezone} onOpen={drawer.open} onMonth={(to) => { setAsked(to, { replace: true }); }} />}
              <DayDrawer entriesOf={(day) => byDay.get(day) ?? []} campaignsOf={(day) => campaigns.filter((one) => lastedOn(one, day, today))} zone={found.timezone} />
            </>
          );
        }}</Loaded>
      </Section>
    </Page>
  );
}
