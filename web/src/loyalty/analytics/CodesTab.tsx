import { IconTicket } from '@tabler/icons-react';
import { AppLink, Chart, FirstUse, formatNumber, formatPercent, paths, Section, SmallTable, type Column } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { noteOf, spanOf, stepHead, together, useCodesReport, xOf, type Codes } from './model';

type Pool = Codes['pools'][number];
const stages = [['generated', 'Made'], ['assigned', 'Given'], ['activated', 'Activated'], ['used', 'Used'], ['expired', 'Lapsed unused']] as const;

const columns: Column<Pool>[] = [
  { key: 'name', header: 'Pool', priority: 1, cell: (row) => <AppLink href={paths.promoCodePool(row.id)}>{row.name}</AppLink> },
  ...stages.map(([key, header], n): Column<Pool> => ({ key, header, align: 'right', priority: n === 3 ? 1 : 2, cell: (row) => formatNumber(row[key]) })),
  { key: 'rate', header: 'Used of given', align: 'right', priority: 2, cell: (row) => together(formatPercent(row.assigned ? Math.min(1, row.used / row.assigned) : null)) },
  { key: 'free', header: 'Still free', align: 'right', priority: 2, cell: (row) => together(`${formatNumber(row.free)} of ${formatNumber(row.codes)}`) },
];

function Body({ found }: { found: Codes }) {
  const { total, period, pools } = found;
  const steps = pools[0]?.steps ?? [];
  const sum = (n: number, key: 'assigned' | 'used' | 'expired') => pools.reduce((all, pool) => all + (pool.steps[n]?.[key] ?? 0), 0);
  return (
    <>
      <Chart title="From making to using" note={noteOf('Codes; each use counts · what happened in the period', period)} file="codes" height={200} description={stages.map(([key, label]) => `${label} ${formatNumber(total[key])}`).join(', ')}
        spec={{ kind: 'bar', label: 'Stage', value: 'Codes', rows: stages.map(([key, label]) => ({ label, value: total[key] })) }} />
      <Chart title="Given, used, lapsed" note={noteOf('Codes', period)} file="codes-course" description={`${formatNumber(total.assigned)} given and ${formatNumber(total.used)} used from ${spanOf(period)}`}
        spec={{ kind: 'line', xLabel: stepHead[period.by], x: xOf(steps, period.by), series: [{ name: 'Given', values: steps.map((_, n) => sum(n, 'assigned')) }, { name: 'Used', values: steps.map((_, n) => sum(n, 'used')) }, { name: 'Lapsed', role: 'other', values: steps.map((_, n) => sum(n, 'expired')) }] }} />
      <Section title="Each pool"><SmallTable label="Codes by pool" columns={columns} rows={pools} rowKey={(row) => row.id} /></Section>
    </>
  );
}

/** What became of promo codes, pool by pool. */
export function CodesTab({ program }: TabProps) {
  return (
    <Frame program={program} report="codes" what="the promo codes" use={useCodesReport}>
      {(found) => (found.pools.length === 0
        ? <FirstUse icon={IconTicket} title="There are no promo codes yet" text="Codes are made in pools, given by mailings and used at the till. This page shows how many of those given come back." primary={{ label: 'Open promo codes', href: paths.promoCodes() }} />
        : <Body found={found} />)}
    </Frame>
  );
}
