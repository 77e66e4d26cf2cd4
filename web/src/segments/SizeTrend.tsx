import { Group, Text } from '@mantine/core';
import { formatNumber, Sparkline } from '@/kit';
import { useSeries } from './FlowTab';

const DAYS = 30;

/** `▲ 12 in 30 days`, with a line: how the size of a list went. Nothing while there are no two days to compare. */
export function SizeTrend({ segmentId, width = 72 }: { segmentId: number; width?: number }) {
  const sizes = (useSeries(segmentId, DAYS).data?.days ?? []).flatMap((d) => (d.size === null ? [] : [d.size]));
  const first = sizes[0], last = sizes.at(-1);
  if (first === undefined || last === undefined || sizes.length < 2) return null;
  const change = last - first;
  return (
    <Group gap={6} component="span" display="inline-flex" wrap="nowrap" data-testid="trend">
      <Sparkline values={sizes} width={width} />
      <Text span size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>{change === 0 ? 'as many as' : `${change > 0 ? '▲' : '▼'} ${formatNumber(Math.abs(change))} ${change > 0 ? 'more' : 'fewer'} than`} {sizes.length - 1 === 1 ? 'a day' : `${sizes.length - 1} days`} ago</Text>
    </Group>
  );
}
