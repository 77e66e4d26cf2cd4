import { Chart, formatDay, formatNumber, formatPercent, type ChartSpec } from '@/kit';
import { wordsOf, type CampaignReport, type ReportDay } from './model';

type Value = number | null;
const round = (value: Value): Value => (value === null ? null : Math.round(value * 100) / 100);
const percent = (value: Value): Value => (value === null ? null : round(100 * value));

/** Test petrol, control grey and dashed; one line alone without a control group. */
function sides(days: readonly ReportDay[], test: (d: ReportDay) => Value, control: (d: ReportDay) => Value): ChartSpec {
  const kept = days.some((d) => control(d) !== null);
  return { kind: 'line', xLabel: 'Day', x: days.map((d) => formatDay(d.day)), series: [{ name: kept ? 'Test' : 'Everybody', values: days.map(test) }, ...(kept ? [{ name: 'Control', role: 'control' as const, values: days.map(control) }] : [])] };
}

/** How many had come in by the end of each day; nothing where all of them came at once. */
export function Growth({ report }: { report: CampaignReport }) {
  const { days, timezone } = report;
  if (days.filter((d) => d.joined > 0).length < 2) return null;
  let all = 0;
  const values = days.map((d) => (all += d.joined));
  return (
    <Chart title="How the audience grew" note={`People who had come in by the end of the day · days in ${timezone}`} file="growth" description={`${formatNumber(values[0])} people on ${formatDay(days[0]?.day)}, ${formatNumber(values.at(-1))} by ${formatDay(days.at(-1)?.day)}`}
      spec={{ kind: 'line', xLabel: 'Day', x: days.map((d) => formatDay(d.day)), series: [{ name: 'People', values }] }} />
  );
}

/** The campaign by day: how both sides went on, and what was sent and done. */
export function Days({ report }: { report: CampaignReport }) {
  const { days, currency, timezone } = report;
  const last = days.at(-1);
  if (days.length < 2 || !last) return null; // one day is no course of time
  const { did } = wordsOf(report.goal);
  const by = formatDay(last.day), zone = `days in ${timezone}`;
  const against = (test: string, control: string | null) => `By ${by} ${test} in the test group${control === null ? '' : ` and ${control} in the control group`}`;
  const sum = (of: (d: ReportDay) => number) => formatNumber(days.reduce((n, d) => n + of(d), 0));
  return (
    <>
      {last.test_share !== null && (
        <Chart title={`Who has ${did} since they came in?`} note={`Percent of each side, up to the end of the day · ${zone}`} file="by-day"
          description={against(formatPercent(last.test_share), last.control_share === null ? null : formatPercent(last.control_share))}
          spec={sides(days, (d) => percent(d.test_share), (d) => percent(d.control_share))} />
      )}
      {currency !== null && last.test_revenue !== null && (
        <Chart title="Revenue a person since they came in" note={`${currency} for each person, up to the end of the day · ${zone}`} file="revenue-by-day"
          description={against(`${last.test_revenue.toFixed(2)} ${currency} a person`, last.control_revenue === null ? null : `${last.control_revenue.toFixed(2)} ${currency}`)}
          spec={sides(days, (d) => round(d.test_revenue), (d) => round(d.control_revenue))} />
      )}
      <Chart title="What was sent and done, by day" note={`Messages and people · ${zone} · by the day it happened`} file="sent-by-day"
        description={`${sum((d) => d.sent)} sent, ${sum((d) => d.opened)} opened, ${sum((d) => d.clicked)} clicked`}
        spec={{ kind: 'line', xLabel: 'Day', x: days.map((d) => formatDay(d.day)), series: [
          { name: 'Sent', values: days.map((d) => d.sent) }, { name: 'Opened', values: days.map((d) => d.opened) }, { name: 'Clicked', values: days.map((d) => d.clicked) },
        ] }} />
    </>
  );
}
