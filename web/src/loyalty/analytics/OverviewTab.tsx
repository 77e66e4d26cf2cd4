import { IconChartDots } from '@tabler/icons-react';
import { Chart, FigureTile, FigureTiles, FirstUse, formatCount, formatMoney, formatNumber, formatPercent, formatPoints, NO_VALUE, paths, useSearchParam } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { isNought, noteOf, num, spanOf, stepHead, useFilters, useLiability, useMembersReport, usePointFlows, xOf, type Filters, type Liability, type Members, type Points, type TypeFlow } from './model';

/** Terms of the flow, in the order in which they make the end of the beginning. */
const terms = [['accrued', 'earned', 1], ['redeemed', 'used', -1], ['given_back', 'given back', 1], ['expired', 'lapsed', -1], ['taken_back', 'taken back', -1], ['adjusted', 'set right', 1]] as const;

function Flow({ flow, period }: { flow: TypeFlow; period: Points['period'] }) {
  const first = flow.steps[0]?.opening ?? null, last = flow.steps.at(-1)?.closing ?? null;
  if (first === null || last === null) return null;
  const moved = terms.filter(([name]) => !isNought(flow.total[name]));
  const steps = [{ label: 'at the start', value: num(first), total: true }, ...moved.map(([name, label, sign]) => ({ label, value: sign * num(flow.total[name]) })), { label: 'at the end', value: num(last), total: true }];
  const words = `${formatPoints(first)} at the start${moved.map(([name, label, sign]) => `, ${sign > 0 ? 'plus' : 'less'} ${formatNumber(flow.total[name])} ${label}`).join('')}, make ${formatPoints(last)} at the end`;
  return <Chart title={`How ${flow.name} moved`} note={noteOf('Points', period)} file={`flow-${flow.points}`} description={words} spec={{ kind: 'waterfall', label: 'What', value: 'Points', steps }} />;
}

/** Where a tile leads: another tab with the same period and filters. */
function useTabs(): (tab: string) => string {
  const [program] = useSearchParam('program');
  const [filters] = useFilters();
  return (tab) => `${paths.loyaltyAnalytics()}?${new URLSearchParams({ ...(program === undefined ? {} : { program }), ...filters, tab }).toString()}`;
}

function Tiles({ members, points, liability }: { members: Members; points: Points | undefined; liability: Liability | undefined }) {
  const to = useTabs();
  const spent = points?.types.find((one) => one.kind === 'standard'), owed = liability?.total[0], standing = liability?.types.filter((one) => !isNought(one.outstanding)) ?? [];
  return (
    <FigureTiles>
      <FigureTile label="Members" value={formatNumber(members.members)} note={`${formatNumber(members.joined)} joined, ${formatNumber(members.left)} left`} trend={members.steps.map((step) => step.members)} href={to('levels')} />
      <FigureTile label="Points in circulation" value={liability && (standing[0] ? formatNumber(standing[0].outstanding) : '0')} note={standing.length > 1 ? `${standing[0]?.name ?? ''}, and ${formatCount(standing.length - 1, 'other type', 'other types')}` : standing[0]?.name ?? (liability && 'none')} trend={(standing[0]?.steps ?? []).map((step) => num(step.points))} href={to('liability')} />
      <FigureTile label="Owed in money" value={liability && (owed ? formatMoney({ amount: owed.money, currency: owed.currency }) : NO_VALUE)} note={liability && (owed ? liability.total.slice(1).map((one) => formatMoney({ amount: one.money, currency: one.currency })).join(', ') || 'at what a point is worth now' : 'points have no worth in money')} trend={owed?.steps.map(num) ?? []} href={to('liability')} />
      <FigureTile label="Redemption rate" value={points && formatPercent(spent?.redemption_rate ?? null)} note={spent ? `${formatNumber(spent.total.redeemed)} used of ${formatNumber(spent.total.accrued)} earned` : points && 'nothing can be spent'} trend={spent?.steps.map((step) => num(step.redeemed)) ?? []} href={to('points')} />
    </FigureTiles>
  );
}

function Body({ program, members, filters }: TabProps & { members: Members; filters: Filters }) {
  const points = usePointFlows(program.id, filters).data, liability = useLiability(program.id, filters).data;
  const { period, steps } = members;
  if (members.members === 0 && members.joined === 0 && members.left === 0) {
    return <FirstUse icon={IconChartDots} title="Nobody is a member yet" text="Figures begin with the first member: activate the program, and people join by an order, by a segment, or because you add them." primary={{ label: 'Open the program', href: paths.program(program.id) }} />;
  }
  return (
    <>
      <Tiles members={members} points={points} liability={liability} />
      <Chart title="How many take part?" note={noteOf('Members', period)} file="members" description={`${formatCount(members.members, 'member', 'members')} at the end; from ${spanOf(period)} ${formatNumber(members.active)} moved points and ${formatNumber(members.buying)} placed an order`}
        spec={{ kind: 'line', xLabel: stepHead[period.by], x: xOf(steps, period.by), series: [{ name: 'Members', values: steps.map((s) => s.members) }, { name: 'Moved points', values: steps.map((s) => s.active) }, { name: 'Bought', values: steps.map((s) => s.buying) }] }} />
      {points?.types.map((flow) => <Flow key={flow.points} flow={flow} period={points.period} />)}
    </>
  );
}

/** The program at a glance: who takes part, what is owed, how much of it is used. */
export function OverviewTab({ program }: TabProps) {
  return <Frame program={program} report="members" what="the figures of the members" use={useMembersReport}>{(members, filters) => <Body program={program} members={members} filters={filters} />}</Frame>;
}
