import { Group, Progress, Stack, Text } from '@mantine/core';
import { formatDay, formatNumber, Num, Time } from '@/kit';
import type { Member, MemberLevel } from './model';

function Level({ level }: { level: MemberLevel }) {
  const { threshold, points } = level;
  const share = threshold === null ? 100 : Math.min(100, (Number(points) / Math.max(Number(threshold), 1)) * 100);
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text fw={550}>{level.level ?? 'No level yet'}{level.reached_at && level.level && <Text span c="dimmed" fw={400}> since <Time value={level.reached_at} mode="date" /></Text>}</Text>
        <Text size="sm" c="dimmed">{level.group}</Text>
      </Group>
      <Progress value={share} size="sm" my={6} aria-label={`Points of ${level.group}`} color="plum" />
      <Text size="sm" c="dimmed" className="fd-num">{level.next && level.missing ? `${formatNumber(Number(points))} of ${formatNumber(Number(threshold))}: ${formatNumber(Number(level.missing))} to ${level.next}` : `${formatNumber(Number(points))} points, the highest level`}</Text>
      {level.review_on && <Text size="sm" c={level.in_grace ? 'marigold' : 'dimmed'}>{level.in_grace ? 'Has until' : 'Review on'} {formatDay(`${level.review_on}T12:00:00Z`, 'UTC')}{level.in_grace ? ' to reach the level again' : ''}</Text>}
    </div>
  );
}

/** What a member has: points to spend and on their way, levels and what is missing to the next. */
export function Standing({ detail }: { detail: { member: Member } }) {
  const { balances, levels } = detail.member;
  return (
    <Stack gap="md">
      {balances.map((b) => (
        <div key={b.point_type_id}>
          <Group justify="space-between"><Text fw={550}>{b.name}</Text><Text fw={550}><Num value={b.active} /></Text></Group>
          <Text size="sm" c="dimmed">{[
            b.kind === 'standard' ? 'to spend' : 'count for the level', ...(b.pending !== '0' ? [`${formatNumber(b.pending)} not usable yet`] : []), ...(b.held !== '0' ? [`${formatNumber(b.held)} held`] : []), ...(b.debt !== '0' ? [`${formatNumber(b.debt)} owed`] : []),
          ].join(' · ')}</Text>
        </div>
      ))}
      {levels.map((level) => <Level key={level.group_id} level={level} />)}
    </Stack>
  );
}
