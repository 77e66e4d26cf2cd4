import { IconCoins } from '@tabler/icons-react';
import { Fragment } from 'react';
import { Chart, FigureTile, FigureTiles, FirstUse, formatMoney, formatNumber, formatPercent, formatPoints, paths, Section, SmallTable, type Column } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { isNought, noteOf, num, spanOf, stepHead, usePointFlows, xOf, type Points, type TypeFlow } from './model';

type Row = TypeFlow['causes'][number];
const causeWords: Readonly<Record<string, string>> = { promotion: 'Promotions', order: 'Orders', registration: 'Joining', hand: 'By hand', api: 'By the API', system: 'By the program itself' };

const columns = (head: string, name: (row: Row) => string): Column<Row>[] => [
  { key: 'name', header: head, priority: 1, cell: name },
  { key: 'accrued', header: 'Earned', align: 'right', priority: 1, cell: (row) => formatNumber(row.accrued) },
  { key: 'taken', header: 'Taken back', align: 'right', priority: 3, cell: (row) => formatNumber(row.taken_back) },
  { key: 'redeemed', header: 'Used', align: 'right', priority: 2, cell: (row) => formatNumber(row.redeemed) },
  { key: 'expired', header: 'Lapsed', align: 'right', priority: 2, cell: (row) => formatNumber(row.expired) },
  { key: 'adjusted', header: 'Set right', align: 'right', priority: 3, cell: (row) => formatNumber(row.adjusted) },
];

function Parts({ title, head, rows, name = (row) => row.name || 'None' }: { title: string; head: string; rows: readonly Row[]; name?: (row: Row) => string }) {
  if (rows.length === 0 || (rows.length === 1 && rows[0]?.key === '')) return null;
  return <Section title={title}><SmallTable label={title} columns={columns(head, name)} rows={rows} rowKey={(row) => row.key} /></Section>;
}

function Type({ flow, period }: { flow: TypeFlow; period: Points['period'] }) {
  const { total, steps, currency } = flow;
  const money = (amount: string | null) => (amount === null || currency === null ? null : formatMoney({ amount, currency }));
  return (
    <Fragment>
      <FigureTiles>
        <FigureTile label={`${flow.name} earned`} value={formatNumber(total.accrued)} note={money(flow.accrued_money)} trend={steps.map((s) => num(s.accrued))} />
        <FigureTile label="Used" value={formatNumber(total.redeemed)} note={money(flow.redeemed_money)} trend={steps.map((s) => num(s.redeemed))} />
        <FigureTile label="Lapsed" value={formatNumber(total.expired)} note={money(flow.expired_money)} trend={steps.map((s) => num(s.expired))} />
        <FigureTile label="Redemption rate" value={formatPercent(flow.redemption_rate)} note="used of what was earned, less what came back" />
      </FigureTiles>
      <Chart title={`${flow.name}: earned, used, lapsed`} note={noteOf('Points · used and lapsed below nought', period)} file={`points-${flow.points}`}
        description={`${formatPoints(total.accrued)} earned, ${formatPoints(total.redeemed)} used and ${formatPoints(total.expired)} lapsed from ${spanOf(period)}`}
        spec={{ kind: 'stacked', xLabel: stepHead[period.by], x: xOf(steps, period.by), series: [
          { name: 'Earned', values: steps.map((s) => num(s.accrued)) }, { name: 'Used', values: steps.map((s) => -num(s.redeemed)) }, { name: 'Lapsed', role: 'other', values: steps.map((s) => -num(s.expired)) },
        ] }} />
      <Parts title={`What ${flow.name} came from`} head="Cause" rows={flow.causes} name={(row) => causeWords[row.key] ?? row.name} />
      <Parts title={`${flow.name} by promotion`} head="Promotion" rows={flow.promotions} />
      <Parts title={`${flow.name} by level`} head="Level" rows={flow.levels} name={(row) => row.name || 'On no level'} />
      <Parts title={`${flow.name} by channel`} head="Channel" rows={flow.channels} name={(row) => row.name || 'No channel'} />
      <Parts title={`${flow.name} by region`} head="Region" rows={flow.regions} name={(row) => row.name || 'No region'} />
    </Fragment>
  );
}

const moved = ({ total }: TypeFlow) => !Object.values(total).every((amount) => isNought(amount));

/** Points that were earned, used and lapsed, by step and by what they came from. */
export function PointsTab({ program }: TabProps) {
  return (
    <Frame program={program} report="points" what="the points" use={usePointFlows}>
      {(found) => {
        const types = found.types.filter(moved);
        if (types.length === 0) return <FirstUse icon={IconCoins} title="No points moved in this period" text="Points are earned by promotions, for example 5 % of what is paid. They show here as soon as an order earns some. A longer period or fewer filters may show older ones." primary={{ label: 'Open promotions', href: paths.promotions(program.id) }} />;
        return types.map((flow) => <Type key={flow.points} flow={flow} period={found.period} />);
      }}
    </Frame>
  );
}
