import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useCan } from '@/api/session';
import { AllDone, AppLink, Chart, formatCount, Num, Section, SmallTable, type Column } from '@/kit';
import { peopleOf, sourceWords, type Source } from '../audience/model';
import type { Campaign } from '../model';
import { activityHref, leftOutHref, sortedLeftOut, type CampaignReport, type Inflow, type LeftOut } from './model';

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function Linked({ href, children }: { href: string | null; children: ReactNode }) {
  return href === null ? <>{children}</> : <AppLink href={href}>{children}</AppLink>;
}

/** Whom activities did not reach, and why; each number opens its people. */
export function LeftOutPeople({ report }: { report: CampaignReport }) {
  const sees = useCan('profiles:read');
  const { sums, rows } = sortedLeftOut(report.left_out);
  const columns: Column<LeftOut>[] = [
    { key: 'why', header: 'Why', cell: (r) => upper(r.words) },
    { key: 'activity', header: 'Activity', priority: 2, cell: (r) => <Linked href={activityHref(r)}>{r.name}</Linked> },
    { key: 'people', header: 'People', align: 'right', priority: 1, cell: (r) => <Linked href={sees && r.people > 0 ? leftOutHref(r) : null}><Num value={r.people} /></Linked> },
  ];
  if (rows.length === 0) return <Section title="Left out and why"><AllDone>Nobody was left out.</AllDone></Section>;
  return (
    <Stack>
      {sums.length > 1 && (
        <Chart title="Why were people left out?" note="People of each activity, by reason · somebody counts once for each activity and each of its runs" file="left-out" height={48 + 30 * sums.length}
          description={sums.map((s) => `${s.words}: ${formatCount(s.people, 'person', 'people')}`).join('; ')}
          spec={{ kind: 'bar', label: 'Reason', value: 'People', rows: sums.map((s) => ({ label: upper(s.words), value: s.people })) }} />
      )}
      <Section title="Left out and why" text="Before sending, or when it was their turn. Each number opens the people; of what runs again and again, those of the newest run."><SmallTable label="People left out, by reason" columns={columns} rows={rows} rowKey={(r) => `${r.kind}${r.id}${r.figure}${r.reason}`} /></Section>
    </Stack>
  );
}

const isSource = (value: string): value is Source => value in sourceWords;

/** How somebody came in, from the report's words. */
export const inflowWords = (row: Pick<Inflow, 'source' | 'name'>): string => {
  const words = isSource(row.source) ? sourceWords[row.source] : row.source.replaceAll('_', ' ');
  return upper(row.name === null ? words : `${words}: ${row.name}`);
};

/** How the audience grew: from the list, and by what people did. */
export function InflowPeople({ campaign, report }: { campaign: Campaign; report: CampaignReport }) {
  const sees = useCan('profiles:read');
  const opens = (r: Inflow) => (sees && r.people > 0 ? peopleOf(campaign, { source: [r.source], ...(r.activity > 0 ? { activity: [String(r.activity)] } : {}) }) : null);
  const compared = report.control !== null;
  const columns: Column<Inflow>[] = [
    { key: 'way', header: 'How they came in', cell: inflowWords },
    { key: 'people', header: 'People', align: 'right', priority: 1, cell: (r) => <Linked href={opens(r)}><Num value={r.people} /></Linked> },
    ...(compared ? [
      { key: 'test', header: 'Test group', align: 'right' as const, priority: 2 as const, cell: (r: Inflow) => <Num value={r.test} /> },
      { key: 'control', header: 'Control group', align: 'right' as const, priority: 2 as const, cell: (r: Inflow) => <Num value={r.control} /> },
    ] : []),
  ];
  return (
    <Section title="How people came in" text="Everybody counts once, where they came in first.">
      {report.inflow.length > 0 ? <SmallTable label="People by how they came in" columns={columns} rows={report.inflow} rowKey={(r) => `${r.source}${r.activity}`} /> : <Text c="dimmed">Nobody came in in this period.</Text>}
    </Section>
  );
}
