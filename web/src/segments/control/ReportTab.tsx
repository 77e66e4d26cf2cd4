import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import { Chart, formatCount, formatDay, formatNumber, formatPercent, Loaded, paths, Section, SumBar, Time } from '@/kit';
import { EffectTable, StrataEffects } from '../effects/EffectTable';
import { Period, usePeriod } from '../effects/Period';
import { VerdictPanel } from '../effects/VerdictPanel';
import type { Effect } from '../effects/words';
import { Warnings } from '../strata/StrataTable';
import type { ControlGroup, ControlMetric, ControlReport } from './model';

type Side = ControlReport['control'];
const bought = (side: Side) => [side.buyers, side.people] as const;
const effectOf = (m: ControlMetric, rest: Side, control: Side): Effect => ({ ...m, others: m.rest, counts: m.key === 'conversion' ? { others: bought(rest), control: bought(control) } : undefined });
const effects = (part: Pick<ControlReport, 'metrics' | 'rest' | 'control'>) => part.metrics.map((m) => effectOf(m, part.rest, part.control));

function Counted({ report, zone }: { report: ControlReport; zone: string }) {
  return <>From <Time value={report.since} mode="absolute" zone={zone} /> to <Time value={report.until} mode="absolute" zone={zone} showZone /> · {formatCount(report.rest.people + report.control.people, 'person', 'people')} assigned by then{report.later > 0 && <> · {formatNumber(report.later)} came later and are not counted</>}</>;
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

function ByStratum({ report }: { report: ControlReport }) {
  const parts = report.strata.map((part) => {
    const figures = effects(part);
    return { key: part.key, label: part.label, others: bought(part.rest), control: bought(part.control), share: figures.find((m) => m.key === 'conversion'), money: figures.find((m) => m.key === 'revenue') };
  });
  return <Section title="By stratum" text="Small strata say less: judge the whole first."><StrataEffects parts={parts} currency={report.currency} others="Others" are="Others are" did="bought" /></Section>;
}

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
  const asked = usePeriod();
  const query = useQuery({
    queryKey: ['control-group', group.database_id, 'report', asked, group.last_run?.id], enabled: group.started_at !== null, retry: false,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/control-group/report', { params: { path: { database_id: group.database_id }, query: asked }, signal })),
  });
  const seesPeople = useCan('profiles:read');
  const side = (report: ControlReport, which: 'kept' | 'others') => (seesPeople ? { href: paths.figure(group.database_id, `control:since:${report.since}:${which}`) } : {});
  if (group.started_at === null) return <Text c="dimmed">The report begins once the members are drawn.</Text>;
  return (
    <Stack>
      <Period address={`/api/v1/databases/${group.database_id}/control-group/report`} report={query.data}>{query.data && <Counted report={query.data} zone={zone} />}</Period>
      <Loaded query={query} what="the report">
        {(report) => (
          <Stack>
            <VerdictPanel verdict={report.verdict} headline={report.headline} effect={effects(report)[0]} noun={{ more: 'extra buyers', fewer: 'buyers lost' }} among="those who may be written to" />
            <Warnings warnings={report.warnings} />
            <Section title="Both sides">
              <SumBar label="People compared" parts={[{ label: 'may be written to', value: report.rest.people, tone: 'fjord', ...side(report, 'others') }, { label: 'control group', value: report.control.people, control: true, ...side(report, 'kept') }]} total={formatNumber(report.rest.people + report.control.people)} />
              <EffectTable rows={effects(report)} currency={report.currency} others="Others" are="Others are" />
              <Text size="xs" c="dimmed">As of <Time value={report.as_of} mode="absolute" seconds /></Text>
            </Section>
            <Charts report={report} />
            {report.strata.length > 1 && <ByStratum report={report} />}
            <Method />
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}
