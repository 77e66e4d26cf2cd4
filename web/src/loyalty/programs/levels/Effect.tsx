import { Alert, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { formatCount, useAnnounceChange } from '@/kit';
import type { LevelGroup, Program } from '../model';
import { bodyOf, check, type GroupValues } from './form';

/** Whom a change would move at once, before it is saved. */
export function Effect({ program, group, values }: { program: Program; group: LevelGroup; values: GroupValues }) {
  const sound = Object.values(check(values)).every((fault) => fault === null);
  const body = bodyOf(values);
  const [asked] = useDebouncedValue(JSON.stringify(body), 400);
  const found = useQuery({
    queryKey: ['programs', program.id, 'levels', group.id, 'effect', asked], enabled: sound && program.state === 'active', placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/level-groups/{group_id}/effect', { params: { path: { program_id: program.id, group_id: group.id } }, body: JSON.parse(asked) as typeof body, signal })),
  }).data;
  const moves = found?.moves.map((move) => `${formatCount(move.members, 'member', 'members')} from ${move.from_level ?? 'no level'} to ${move.to_level ?? 'no level'}`) ?? [];
  const words = found?.members === null ? 'There are too many members to tell here whom this moves; a job does it once it is saved.' : moves.length === 0 ? 'Nobody would move to another level at once.' : `This moves members at once: ${moves.join(', ')}`;
  useAnnounceChange(found && sound ? words : undefined);
  if (!found || !sound) return null;
  if (moves.length === 0 || found.members === null) return <Text size="sm" c="dimmed">{words}</Text>;
  return (
    <Alert color="marigold" role="note" title="This moves members at once">
      {moves.map((move) => <Text key={move} size="sm">{move}</Text>)}
    </Alert>
  );
}
