import { Text } from '@mantine/core';
import { IconScale } from '@tabler/icons-react';
import { Fragment } from 'react';
import { Chart, FirstUse, formatMoney, formatNumber, formatPercent, formatPoints, paths, Section, SumBar, type ChartSpec } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { isNought, monthOf, noteOf, num, spanOf, stepHead, useLiability, xOf, type Liability, type Period, type TypeLiability } from './model';

const ageWords = (since: number, until: number | null) => (until === null ? `${String(since)} days and more` : `${String(since)} to ${String(until)} days`);

/** Money where points are worth some, else points. */
const inMoney = (type: TypeLiability) => type.currency !== null && type.money !== null;
const of = (type: TypeLiability, row: { points: string; money: string | null }) => num(inMoney(type) ? row.money : row.points);
const unit = (type: TypeLiability) => (inMoney(type) ? type.currency ?? '' : 'Points');

function Total({ found }: { found: Liability }) {
  const { period, total, types } = found;
  const steps = types[0]?.steps ?? [];
  return total.map((sum) => (
    <Chart key={sum.currency} title={`What is owed: ${formatMoney({ amount: sum.money, currency: sum.currency })}`} note={noteOf(`${sum.currency} at what a point is worth now · at the end of each step`, period)} file={`liability-${sum.currency}`}
      description={`${formatMoney({ amount: sum.steps[0] ?? '0', currency: sum.currency })} at the end of the first step, ${formatMoney({ amount: sum.money, currency: sum.currency })} at the end of the last`}
      spec={{ kind: 'line', area: true, xLabel: stepHead[period.by], x: xOf(steps, period.by), series: [{ name: `Owed, ${sum.currency}`, values: sum.steps.map(num) }] }} />
  ));
}

function ForecastChart({ type }: { type: TypeLiability }) {
  const { forecast, breakage } = type;
  if (forecast.length === 0) return null;
  const money = inMoney(type), last = forecast.at(-1);
  const pick = (points: string, amount: string | null) => num(money ? amount : points);
  const spec: ChartSpec = { kind: 'stacked', xLabel: 'Month', x: forecast.map((row) => monthOf(row.month)), series: [
    { name: 'Left', values: forecast.map((row) => pick(row.left, row.left_money)) }, { name: 'Used in it', values: forecast.map((row) => pick(row.redeemed, row.redeemed_money)) }, { name: 'Lapses in it', role: 'other', values: forecast.map((row) => pick(row.expired, row.expired_money)) },
  ] };
  const expected = breakage.expected === null ? '' : ` ${formatPercent(breakage.expected)} of what is outstanding is expected to lapse unused${breakage.expected_money === null || type.currency === null ? '' : `, worth ${formatMoney({ amount: breakage.expected_money, currency: type.currency })}`}.`;
  return (
    <Chart title="What becomes of it" note={`${unit(type)} · forecast, if people go on using points as in the last year`} file={`forecast-${type.points}`} spec={spec}
      description={`Of what is outstanding now ${formatPoints(last?.left)} are left at the end of ${monthOf(last?.month ?? null)}.${expected}`} />
  );
}

function Type({ type, period }: { type: TypeLiability; period: Period }) {
  const { breakage, currency } = type;
  return (
    <Fragment>
      <Section title={`${type.name}: ${formatNumber(type.outstanding)} outstanding`} text={type.money !== null && currency !== null ? `${formatMoney({ amount: type.money, currency })}, at ${type.ratio ?? ''} ${currency} a point` : 'Points of this type have no worth in money'}>
        <SumBar label={`${type.name} outstanding`} total={formatNumber(type.outstanding)} parts={[{ label: 'can be used', value: num(type.active), tone: 'fjord' }, { label: 'not active yet', value: num(type.pending), tone: 'iris' }, { label: 'held by open orders', value: num(type.held), tone: 'marigold' }]} />
        {!isNought(type.debt) && <Text size="sm" mt={6}>Members owe {formatPoints(type.debt)}{type.debt_money !== null && currency !== null && ` (${formatMoney({ amount: type.debt_money, currency })})`}: points that were taken back after they were spent. The next points repay them; they are not subtracted here.</Text>}
        {breakage.rate !== null && <Text size="sm" mt={6}>Of the points that ended in the year before, {formatPercent(breakage.rate)} lapsed unused: {formatNumber(breakage.expired)} lapsed, {formatNumber(breakage.redeemed)} were used.</Text>}
      </Section>
      {!inMoney(type) && <Chart title={`${type.name} outstanding`} note={noteOf('Points at the end of each step', period)} file={`outstanding-${type.points}`} description={`${formatPoints(type.outstanding)} at the end`} spec={{ kind: 'line', area: true, xLabel: stepHead[period.by], x: xOf(type.steps, period.by), series: [{ name: type.name, values: type.steps.map((s) => num(s.points)) }] }} />}
      <Chart title="How old is it?" note={`${unit(type)} by the days since they were earned`} file={`age-${type.points}`} height={Math.max(120, 40 * type.ages.length)} description={`${type.name} by age: ${type.ages.map((row) => `${ageWords(row.since, row.until)} ${formatNumber(of(type, row))}`).join('; ')}`}
        spec={{ kind: 'bar', label: 'Age', value: unit(type), rows: type.ages.map((row) => ({ label: ageWords(row.since, row.until), value: of(type, row) })) }} />
      <Chart title="When does it lapse?" note={`${unit(type)} by the month in which they lapse, unless they are used before`} file={`expiry-${type.points}`} height={Math.max(120, 28 * type.expiries.length)} description={`${type.name} by the month of expiry`}
        spec={{ kind: 'bar', label: 'Month', value: unit(type), rows: type.expiries.map((row) => ({ label: monthOf(row.month), value: of(type, row) })) }} />
      <ForecastChart type={type} />
    </Fragment>
  );
}

/** What members have not used yet and what it is worth: its course, its age, when it lapses, what becomes of it. */
export function LiabilityTab({ program }: TabProps) {
  return (
    <Frame program={program} report="liability" what="what is owed" use={useLiability}>
      {(found) => {
        const types = found.types.filter((type) => !isNought(type.outstanding) || type.steps.some((step) => !isNought(step.points)));
        if (types.length === 0) return <FirstUse icon={IconScale} title="Nothing is owed" text={`No points were outstanding from ${spanOf(found.period)}. What members have earned and not used yet shows here with its worth, its age and when it lapses.`} primary={{ label: 'Set up points', href: paths.program(program.id, 'points') }} />;
        return <><Total found={found} />{types.map((type) => <Type key={type.points} type={type} period={found.period} />)}</>;
      }}
    </Frame>
  );
}
