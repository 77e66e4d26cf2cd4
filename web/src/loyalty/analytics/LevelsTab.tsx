import { IconStairs } from '@tabler/icons-react';
import { Fragment } from 'react';
import { Chart, FirstUse, formatCount, formatNumber, paths, Section, SmallTable, type Column } from '@/kit';
import { Frame, type TabProps } from './Frame';
import { noteOf, stepHead, useLevelsReport, xOf, type LevelGroupReport, type Period } from './model';

interface Standing { name: string; members: number; share: string }

const columns: Column<Standing>[] = [
  { key: 'name', header: 'Level', priority: 1, cell: (row) => row.name },
  { key: 'members', header: 'Members', align: 'right', priority: 1, cell: (row) => formatNumber(row.members) },
  { key: 'share', header: 'Share', align: 'right', priority: 2, cell: (row) => row.share },
];

const NONE = 'On none';

/** The moves of a group as a square: from which level (rows) to which (columns); levels that nobody touched stay, so that squares can be compared. */
export function matrixOf(group: LevelGroupReport) {
  const ids = [...group.levels.map((level) => level.id), null], names = [...group.levels.map((level) => level.name), NONE];
  const moves = new Map(group.moves.map((move) => [`${String(move.source)}:${String(move.target)}`, move.moves]));
  const values = ids.map((from) => ids.map((to) => (from === to ? null : moves.get(`${String(from)}:${String(to)}`) ?? 0)));
  return { names, values, sum: group.moves.reduce((all, move) => all + move.moves, 0) };
}

function Group({ group, period }: { group: LevelGroupReport; period: Period }) {
  const { names, values, sum } = matrixOf(group);
  const last = group.steps.at(-1)?.members ?? [], all = last.reduce((a, b) => a + b, 0);
  const standing = names.map((name, n) => ({ name, members: last[n] ?? 0, share: all ? `${(100 * (last[n] ?? 0) / all).toFixed(1)} %` : '–' }));
  const x = xOf(group.steps, period.by), xLabel = stepHead[period.by];
  const up = group.steps.reduce((n, step) => n + step.up, 0), down = group.steps.reduce((n, step) => n + step.down, 0);
  return (
    <Fragment>
      <Section title={`${group.name}: where members stand`} text={`At the end of the period, ${formatCount(all, 'member', 'members')}`}><SmallTable label={`Members by level of ${group.name}`} columns={columns} rows={standing} rowKey={(row) => row.name} /></Section>
      <Chart title={`${group.name} over time`} note={noteOf('Members at the end of each step', period)} file={`levels-${group.key}`} description={standing.map((row) => `${row.name} ${String(row.members)}`).join(', ')}
        spec={{ kind: 'stacked', xLabel, x, series: names.map((name, n) => ({ name, ...(name === NONE ? { role: 'other' as const } : {}), values: group.steps.map((step) => step.members[n] ?? 0) })) }} />
      <Chart title="Who moved from which level to which?" note="Moves in the period; whoever joins comes from none" file={`moves-${group.key}`} height={Math.max(160, 44 * names.length)} description={`${formatCount(sum, 'move', 'moves')}: ${formatNumber(up)} up, ${formatNumber(down)} down`}
        spec={{ kind: 'heat', x: names, y: names, values, xLabel: 'To', yLabel: 'From' }} />
      <Chart title="Up and down" note={noteOf('Moves in each step · down below nought', period)} file={`ups-${group.key}`} description={`${formatNumber(up)} up, ${formatNumber(down)} down`}
        spec={up + down === 0 ? { kind: 'stacked', xLabel, x: [], series: [] } : { kind: 'stacked', xLabel, x, series: [{ name: 'Up', values: group.steps.map((step) => step.up) }, { name: 'Down', values: group.steps.map((step) => -step.down) }] }} />
    </Fragment>
  );
}

/** How members stand on the levels, and how they moved between them. */
export function LevelsTab({ program }: TabProps) {
  return (
    <Frame program={program} report="levels" what="the levels" use={useLevelsReport}>
      {(found) => (found.groups.length === 0
        ? <FirstUse icon={IconStairs} title="There are no levels yet" text="Levels reward those who come back: Basic, Silver, Gold, reached by qualification points. Once there are some, this page shows who stands where and who moves." primary={{ label: 'Set up levels', href: paths.program(program.id, 'levels') }} />
        : found.groups.map((group) => <Group key={group.group} group={group} period={found.period} />))}
    </Frame>
  );
}
