import { Stack } from '@mantine/core';
import { IconChartBar } from '@tabler/icons-react';
import { useCan } from '@/api/session';
import { FigureTile, FigureTiles, FirstUse, formatCount, formatNumber, Loaded, NoRight, Num, paths, Rate, Section, SumBar, Time } from '@/kit';
import { EffectTable, StrataEffects } from '@/segments/effects/EffectTable';
import { Period, usePeriod } from '@/segments/effects/Period';
import { Warnings } from '@/segments/strata/StrataTable';
import { hasBegun, peopleOf } from '../audience/model';
import type { Campaign } from '../model';
import { ByActivity, ByChannel } from './Activities';
import { Days, Growth } from './Days';
import { Method } from './Method';
import { Money } from './Money';
import { converted, effectsOf, isEarly, reportAddress, useCampaignReport, wordsOf, type CampaignReport } from './model';
import { InflowPeople, LeftOutPeople } from './Sources';
import { Verdict } from './Verdict';

/** What the verdict says itself. */
const said = new Set(['running', 'window']);

interface Shown { campaign: Campaign; report: CampaignReport }

/** Both sides, each figure with its range. */
function Effects({ report }: Shown) {
  const { test, control } = report;
  if (!test || !control) return null;
  const words = wordsOf(report.goal);
  return (
    <Section title="Both sides" text="The test group against the control group, from the moment people got their side.">
      <SumBar label="People compared" parts={[{ label: 'in the test group', value: test.people, tone: 'fjord' }, { label: 'in the control group', value: control.people, control: true }]} total={formatNumber(test.people + control.people)} />
      <EffectTable rows={effectsOf(report)} currency={report.currency} others="Test group" are="Test group is" none={words.none} />
    </Section>
  );
}

/** Reach and what people did with messages; a person who got several counts once. */
function Reach({ campaign, report }: Shown) {
  const { reach } = report, sees = useCan('profiles:read');
  const of = (part: number, whole: number) => `${formatNumber(part)} of ${formatNumber(whole)}`;
  return (
    <FigureTiles>
      <FigureTile label="In the campaign" value={<Num value={reach.audience} />} note={reach.control > 0 ? `${formatNumber(reach.test)} test, ${formatNumber(reach.control)} control` : 'everybody who was in'} {...(sees && reach.audience > 0 ? { href: peopleOf(campaign, {}) } : {})} />
      <FigureTile label="Reached" value={<Rate part={reach.reached} whole={reach.audience} short />} note={`${of(reach.reached, reach.audience)} got at least one message`} />
      <FigureTile label="Opened" value={<Rate part={reach.opened} whole={reach.reached} short />} note={of(reach.opened, reach.reached)} />
      <FigureTile label="Clicked" value={<Rate part={reach.clicked} whole={reach.reached} short />} note={of(reach.clicked, reach.reached)} />
    </FigureTiles>
  );
}

function ByStratum({ report }: Shown) {
  const words = wordsOf(report.goal);
  if (report.control === null || report.strata.length < 2) return null;
  const parts = report.strata.map((part) => {
    const figures = effectsOf(part);
    return { key: part.key, label: part.label, others: converted(part.test), control: converted(part.control), share: figures.find((m) => m.key === 'conversion'), money: figures.find((m) => m.key === 'revenue') };
  });
  return <Section title="By stratum" text="Small strata say less: judge the whole first."><StrataEffects parts={parts} currency={report.currency} others="Test group" are="Test group is" did={words.did} /></Section>;
}

/** Before anything was sent there is nothing to show but who came in. */
function Early({ campaign, report }: Shown) {
  const days = formatCount(campaign.window_days, 'day', 'days');
  return (
    <FirstUse icon={IconChartBar} title={report.goal === null ? 'No orders yet' : 'Nobody has converted yet'}
      text={`What people do counts from the moment they came in until ${days} after the campaign ends. First figures come after the first send.`}
      primary={{ label: 'See activities', href: `${paths.campaign(campaign.id)}?tab=activities` }} />
  );
}

function Report({ campaign, report }: Shown) {
  const shown = { campaign, report };
  if (isEarly(report)) return <Stack><Early {...shown} /><InflowPeople {...shown} /></Stack>;
  return (
    <Stack>
      <Verdict {...shown} />
      <Warnings warnings={report.warnings.filter((w) => !said.has(w.kind))} />
      <Effects {...shown} />
      <Reach {...shown} />
      <Money {...shown} />
      <Days report={report} />
      <ByActivity report={report} />
      <ByChannel report={report} />
      <ByStratum {...shown} />
      <LeftOutPeople report={report} />
      <Growth report={report} />
      <InflowPeople {...shown} />
      <Method report={report} windowDays={campaign.window_days} />
    </Stack>
  );
}

/** What a campaign did and changed: the verdict first, then ranges, then tables. */
export function CampaignReportTab({ campaign }: { campaign: Campaign }) {
  const sees = useCan('analytics:read'), begun = hasBegun(campaign), asked = usePeriod();
  const query = useCampaignReport(campaign, asked, sees && begun);
  if (!sees) return <NoRight what="see reports" right="analytics:read" />;
  if (!begun) return <FirstUse icon={IconChartBar} title="The report begins with the campaign" text="Once it is started, this page says what people did, and, with a control group, what the campaign changed." />;
  return (
    <Stack>
      <Period address={reportAddress(campaign)} report={query.data}>
        {query.data && <>From <Time value={query.data.since} mode="absolute" zone={query.data.timezone} /> to <Time value={query.data.until} mode="absolute" zone={query.data.timezone} showZone /> · as of <Time value={query.data.as_of} mode="absolute" seconds /></>}
      </Period>
      <Loaded query={query} what="the report">{(report) => <Report campaign={campaign} report={report} />}</Loaded>
    </Stack>
  );
}
