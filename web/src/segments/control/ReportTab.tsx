import { Alert, Button, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { Chart, formatCount, formatDay, formatNumber, formatPercent, Loaded, paths, Section, SumBar, Time, useSearchParam } from '@/kit';
import type { ControlGroup, ControlReport } from './model';
import { EffectTable, StrataReport } from './ReportTables';
import { Warnings } from './StrataTable';

const tones = { higher: 'moss', lower: 'clay', cannot_tell: 'iris', too_few: 'iris' } as const;
const bare = (text: string) => { const [first = '', ...more] = text.split(': '); return { verdict: first, because: more.join(': ') }; };
const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function Verdict({ report }: { report: ControlReport }) {
  const { verdict, because } = bare(report.headline);
  const bought = report.metrics[0];
  const people = (n: number) => formatNumber(Math.round(n));
  return (
    <Alert color={tones[report.verdict]} title={<Title order={2} size="h3">{verdict}</Title>}>
      <Stack gap={4}>
        <Text size="md">{upper(because)}</Text>
        {bought?.extra != null && bought.extra_low != null && bought.extra_high != null && (report.verdict === 'higher' || report.verdict === 'lower') && <Text>That is about {people(Math.abs(bought.extra))} {bought.extra < 0 ? 'buyers lost' : 'extra buyers'} among those who may be written to ({people(Math.min(Math.abs(bought.extra_low), Math.abs(bought.extra_high)))} to {people(Math.max(Math.abs(bought.extra_low), Math.abs(bought.extra_high)))}).</Text>}
        {bought?.detectable != null && <Text size="xs" c="dimmed">A group of this size shows a difference of {(bought.detectable * 100).toFixed(1)} points or more in four of five cases.</Text>}
      </Stack>
    </Alert>
  );
}

function Period({ report, zone }: { report: ControlReport | undefined; zone: string }) {
  const [from, setFrom] = useSearchParam('from'), [to, setTo] = useSearchParam('to'), [currency, setCurrency] = useSearchParam('currency');
  const query = new URLSearchParams({ ...(from ? { from } : {}), ...(to ? { to } : {}), ...(currency ? { currency } : {}) }).toString();
  const file = (kind: string) => `/api/v1/databases/${report?.database_id ?? 0}/control-group/report.${kind}${query ? `?${query}` : ''}`;
  return (
    <Group gap="sm" align="flex-end">
      <TextInput type="date" label="From" value={from ?? ''} onChange={(e) => { setFrom(e.currentTarget.value, { replace: true }); }} />
      <TextInput type="date" label="To" value={to ?? ''} onChange={(e) => { setTo(e.currentTarget.value, { replace: true }); }} />
      {report && report.currencies.length > 1 && <Select label="Currency" w={110} allowDeselect={false} data={report.currencies} value={report.currency} onChange={(c) => { setCurrency(c ?? undefined); }} />}
      {report && <Button component="a" variant="default" leftSection={<IconDownload size={16} />} href={file('csv')} download>CSV</Button>}
      {report && <Button component="a" variant="default" leftSection={<IconDownload size={16} />} href={file('xlsx')} download>XLSX</Button>}
      {report && <Text size="xs" c="dimmed" style={{ flexBasis: '100%' }}>From <Time value={report.since} mode="absolute" zone={zone} /> to <Time value={report.until} mode="absolute" zone={zone} showZone /> · {formatCount(report.rest.people + report.control.people, 'person', 'people')} assigned by then{report.later > 0 && <> · {formatNumber(report.later)} came later and are not counted</>}</Text>}
    </Group>
  );
}

function Charts({ report }: { report: ControlReport }) {
  const told = report.metrics.filter((m) => m.relative != null && m.relative_low != null && m.relative_high != null);
  const days = report.days;
  const x = days.map((d) => formatDay(d.day));
  return (
    <>
      {told.length > 0 && (
        <Chart title="What messages change, in percent of the control group" note="Estimate and the range that holds the true effect in 95 of 100 cases; a range across 0 can go either way" height={60 + 44 * told.length} file="effects"
          description={told.map((m) => `${m.label}: ${formatPercent(m.relative)}, from ${formatPercent(m.relative_low)} to ${formatPercent(m.relative_high)}`).join('; ')}
          spec={{ kind: 'interval', label: 'Figure', rows: told.map((m) => ({ label: m.label, low: 100 * (m.relative_low ?? 0), mid: 100 * (m.relative ?? 0), high: 100 * (m.relative_high ?? 0) })) }} />
      )}
      {days.length > 1 && (
        <Chart title="People who bought since the start" note={`Percent of each side · by day of the order · ${report.timezone}`} file="bought"
          description={`By ${x.at(-1) ?? ''} ${formatPercent(days.at(-1)?.rest_share)} of those who may be written to and ${formatPercent(days.at(-1)?.control_share)} of the control group had bought`}
          spec={{ kind: 'line', xLabel: 'Day', x, series: [{ name: 'Others', values: days.map((d) => round(100 * d.rest_share)) }, { name: 'Control', role: 'control', values: days.map((d) => round(100 * d.control_share)) }] }} />
      )}
      {days.length > 1 && report.currency && (
        <Chart title="Revenue a person since the start" note={`${report.currency} · by day of the order · ${report.timezone}`} file="revenue"
          description={`By ${x.at(-1) ?? ''} ${days.at(-1)?.rest_revenue.toFixed(2) ?? ''} ${report.currency} for those who may be written to and ${days.at(-1)?.control_revenue.toFixed(2) ?? ''} ${report.currency} for the control group`}
          spec={{ kind: 'line', xLabel: 'Day', x, series: [{ name: 'Others', values: days.map((d) => round(d.rest_revenue)) }, { name: 'Control', role: 'control', values: days.map((d) => round(d.control_revenue)) }] }} />
      )}
    </>
  );
}

const round = (value: number) => Math.round(value * 100) / 100;

function Method() {
  return (
    <details>
      <summary>How this is worked out</summary>
      <Stack gap={4} mt="xs">
        <Text size="sm">Compared are the people assigned when the period begins, with the orders they placed in it; cancelled and refunded ones do not count. Effects are worked out within each stratum and averaged by its people.</Text>
        <Text size="sm">The range of a share is the stratified Newcombe interval. Amounts have a long tail, so their ranges are worked out on the logarithm with Student’s t; the average order by the delta method. All are 95 % ranges. With fewer than 100 buyers on a side, amounts are not judged.</Text>
      </Stack>
    </details>
  );
}

/** The comparison: the verdict first, then ranges, then tables. */
export function ReportTab({ group, zone }: { group: ControlGroup; zone: string }) {
  const [from] = useSearchParam('from'), [to] = useSearchParam('to'), [currency] = useSearchParam('currency');
  const asked = { ...(from ? { from } : {}), ...(to ? { to } : {}), ...(currency ? { currency } : {}) };
  const query = useQuery({
    queryKey: ['control-group', group.database_id, 'report', asked, group.last_run?.id], enabled: group.started_at !== null, retry: false,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/control-group/report', { params: { path: { database_id: group.database_id }, query: asked }, signal })),
  });
  const seesPeople = useCan('profiles:read');
  const side = (report: ControlReport, which: 'kept' | 'others') => (seesPeople ? { href: paths.figure(group.database_id, `control:since:${report.since}:${which}`) } : {});
  if (group.started_at === null) return <Text c="dimmed">The report begins once the members are drawn.</Text>;
  return (
    <Stack>
      <Period report={query.data} zone={zone} />
      <Loaded query={query} what="the report">
        {(report) => (
          <Stack>
            <Verdict report={report} />
            <Warnings warnings={report.warnings} />
            <Section title="Both sides">
              <SumBar label="People compared" parts={[{ label: 'may be written to', value: report.rest.people, tone: 'fjord', ...side(report, 'others') }, { label: 'control group', value: report.control.people, ...side(report, 'kept') }]} total={formatNumber(report.rest.people + report.control.people)} />
              <EffectTable report={report} />
              <Text size="xs" c="dimmed">As of <Time value={report.as_of} mode="absolute" seconds /></Text>
            </Section>
            <Charts report={report} />
            {report.strata.length > 1 && <StrataReport report={report} />}
            <Method />
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}
