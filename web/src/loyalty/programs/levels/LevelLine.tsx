import { Text } from '@mantine/core';
import { formatCount, formatNumber } from '@/kit';
import css from '../loyalty.module.css';
import type { LevelGroup, MemberSummary } from '../model';

/** The levels of a group from the lowest up, with what they take and who is on them. */
export function LevelLine({ group, sizes }: { group: LevelGroup; sizes?: MemberSummary['levels'] | undefined }) {
  const of = (id: number | null) => sizes?.find((size) => size.group_id === group.id && size.level_id === id)?.members ?? 0;
  const none = of(null);
  return (
    <>
      <ol className={css.levels} aria-label={`Levels of ${group.name}`}>
        {group.levels.map((level) => (
          <li key={level.id} className={css.level} data-step="1">
            <Text fw={550}>{level.name}</Text>
            <Text size="sm" c="dimmed" className="fd-num">{level.key === group.entry && level.threshold === '0' ? 'from the beginning' : `from ${formatNumber(Number(level.threshold))} points`}</Text>
            {sizes && <Text size="sm" className="fd-num">{formatCount(of(level.id), 'member', 'members')}</Text>}
            {level.benefits.map((text) => <Text key={text} size="sm">{text}</Text>)}
          </li>
        ))}
      </ol>
      {sizes && none > 0 && <Text size="sm" c="dimmed" mt="xs">{formatCount(none, 'member is', 'members are')} on no level yet.</Text>}
    </>
  );
}
