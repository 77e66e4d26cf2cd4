import { Button, Group, Paper, Skeleton, Text } from '@mantine/core';
import type { LiveCount, Written } from '@/conditions';
import { formatDuration, formatNumber, formatShare, formatStamp, JobBar, PanelError, progressWords } from '@/kit';
import { SizeTrend } from './SizeTrend';
import css from './segments.module.css';

interface RailProps {
  live: LiveCount;
  written: Written;
  /** the size when it was saved */
  before: number | null;
  /** a list that is kept: how its size went */
  listed?: number | null;
}

/** `342 · 13.9 % of 2,469`: the live size, how it came to be, and what waits. */
export function CountRail({ live, written, before, listed = null }: RailProps) {
  const { data, stale, job } = live;
  const change = data && before !== null && !stale ? data.count - before : null;
  const unfinished = written.skipped.length;
  return (
    <Paper className={css.rail ?? ''} component="section" aria-label="In this segment">
      <Text c="dimmed">In this segment</Text>
      {data ? (
        <Group gap="xs" align="baseline">
          <span className={css.count} data-testid="count" {...(stale ? { 'data-stale': true } : {})}>{formatNumber(data.count)}</span>
          <Text c="dimmed">{data.count === 1 ? 'person' : 'people'}{data.total !== null ? ` · ${formatShare(data.count, data.total)} of ${formatNumber(data.total)}` : ''}</Text>
        </Group>
      ) : live.problem ? null : <Skeleton height={34} width={120} />}
      {data && data.matched !== data.count && !stale && <Text size="xs" c="dimmed">{formatNumber(data.matched)} match the rules; range and limit keep {formatNumber(data.count)}</Text>}
      {change !== null && change !== 0 && <Text>{change > 0 ? `▲ ${formatNumber(change)} more` : `▼ ${formatNumber(-change)} fewer`} than when it was last counted</Text>}
      {listed !== null && <SizeTrend segmentId={listed} width={120} />}
      {job ? (
        <>
          <JobBar job={job} />
          <Group justify="space-between"><Text size="xs" c="dimmed">{progressWords(job, new Date()) || 'counting…'}</Text><Button size="compact-sm" variant="default" onClick={live.stop}>Stop counting</Button></Group>
        </>
      ) : live.stopped ? (
        <Group justify="space-between"><Text size="xs" c="dimmed">Counting was stopped; the figure is an older one</Text><Button size="compact-sm" variant="default" onClick={live.again}>Count again</Button></Group>
      ) : (
        <Text size="xs" c="dimmed" mih={18}>{live.counting && stale ? 'counting…' : data && !stale && (
          <>exact · <time dateTime={data.as_of} >{formatStamp(data.as_of, { seconds: true, showZone: true }).split(', ')[1]}</time> · {formatDuration(data.took_ms)}</>
        )}</Text>
      )}
      {live.problem && live.problem.status !== 422 && <PanelError error={live.problem} what="the size" onRetry={live.again} />}
      {live.problem?.status === 422 && <Text c="error" size="xs">The size is not known: {live.problem.errors.length === 1 ? 'one rule needs' : `${live.problem.errors.length} places need`} a correction</Text>}
      {unfinished > 0 && <Text c="marigold">{unfinished === 1 ? '1 rule is unfinished and not counted' : `${unfinished} rules are unfinished and not counted`}</Text>}
    </Paper>
  );
}
